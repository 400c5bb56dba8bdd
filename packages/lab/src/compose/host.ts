/** Where the parts of a lab listen: nothing of it is reachable from elsewhere. */
export const host = '127.0.0.1';
