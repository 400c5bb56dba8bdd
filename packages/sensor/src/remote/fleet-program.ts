/** The program that plays a fleet at the word of a lab, for whoever starts it on this machine. In the sensor image: `/app/packages/sensor/bin/sensorsim-fleet.js`. */
export const fleetProgram = new URL('../../bin/sensorsim-fleet.js', import.meta.url);
