/** Yardstick: aedes with nothing behind it, which acknowledges at once. Prints its port; a count at the end. */
import { createServer } from 'node:net';
import { Aedes } from 'aedes';

const broker = await Aedes.createBroker({});
let received = 0;
broker.authorizePublish = (_client, _packet, callback) => {
  received++;
  callback(null);
};
const server = createServer(broker.handle);
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(JSON.stringify({ port: address.port }));
});
process.on('SIGTERM', () => {
  console.log(JSON.stringify({ received }));
  process.exit(0);
});
