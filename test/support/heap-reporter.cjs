// Preloaded into a process of the build. On SIGUSR2 it collects garbage and writes how much heap is in use.
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
let reports = 0;

process.on('SIGUSR2', () => {
  collect();
  collect();
  reports += 1;
  process.stdout.write(`heap report ${reports}: ${process.memoryUsage().heapUsed} bytes\n`);
});
