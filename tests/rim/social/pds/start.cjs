// A PDS and the directory of identities that it needs, on loopback: node start.cjs FOLDER PLC_PORT PDS_PORT
//
// FOLDER has node_modules. All that is kept goes to TMPDIR. It tells READY, and ends with its standard input.
const { join } = require('node:path');
const { createRequire } = require('node:module');

const [folder, plcPort, pdsPort] = process.argv.slice(2);
const { TestNetworkNoAppView } = createRequire(join(folder, 'index.js'))('@atproto/dev-env');

process.stdin.on('end', () => process.exit(0)).resume();
TestNetworkNoAppView.create({
  plc: { port: Number(plcPort) },
  pds: { port: Number(pdsPort), hostname: 'localhost' },
}).then((network) => console.log('READY', network.pds.url));
