// Sends lines with `lumberjack-client`. What is logged before it is connected goes out as one window; after that each
// line is a window of its own, and none of them waits for the one before.
//
// Standard input: {"port", "ca", "certificate", "key", "batches": [[line, …], …]}; without "ca", in clear.
// Standard output: one line for each acknowledgement, `ack SEQUENCE`, as it comes.
'use strict'

const fs = require('fs')
const LumberjackClient = require('lumberjack-client')

// All events of a run have one time: what tells them apart, and a resend from a new line, is the line itself.
const TIME = '2026-11-22T10:15:30.000Z'

const order = JSON.parse(fs.readFileSync(0))
const read = (path) => path && fs.readFileSync(path)
const client = new LumberjackClient({
  host: '127.0.0.1',
  port: order.port,
  ca: read(order.ca),
  cert: read(order.certificate),
  key: read(order.key),
}, order.ca !== undefined)
const log = (lines) => lines.forEach((line) => client.log({ '@timestamp': TIME, message: line }))

const [first, ...rest] = order.batches
log(first)
let windows = 1

// The client itself reads no acknowledgement, and forgets what it wrote: the test reads them for it.
let input = Buffer.alloc(0)
client.socket.on('data', (bytes) => {
  input = Buffer.concat([input, bytes])
  for (; input.length >= 6; input = input.subarray(6)) acknowledged(input.subarray(0, 6))
})
client.socket.on('close', () => {
  console.error('the connection was closed before the last acknowledgement')
  process.exit(1)
})

let answered = 0
function acknowledged(frame) {
  const sequence = frame.readUInt32BE(2)
  fs.writeSync(1, `ack ${sequence}\n`)
  if (sequence === 0) return
  answered += 1
  if (answered === 1) {
    rest.forEach(log)
    windows += rest.flat().length
  }
  if (answered === windows) process.exit(0)
}
