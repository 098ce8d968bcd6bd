// How V8 collects garbage in a node. Its own choice lets garbage grow to several times what is alive, and what a session leaves is enough for
// that: a node at full load took 350 to 450 MB after four minutes. Bytes that come in count as garbage too: at half as much again as is alive
// (50) it took 270 to 310 MB, but collected the old generation 20 times for every 200 MB of weights, which took three times the processor time,
// and 17 times in a start; at 150, once or twice, and 304 to 334 MB (2026-11-27).
'use strict'
require('v8').setFlagsFromString('--heap-growing-percent=150')
