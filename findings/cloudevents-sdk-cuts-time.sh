#!/usr/bin/env bash
# The CloudEvents SDK passes an event on with another time than it had: cut to milliseconds, and in UTC.
#
# One would guess: what goes in comes out. The specification has `time` as an RFC 3339 timestamp, which may have any number of decimals and an offset, and the SDK keeps
# attributes as they are: `event.time` reads back just as it was given. So a gateway that reads events and sends them on leaves them unchanged, and who tells repeats
# of an event by its content, or orders events by their time, may stand on either side of it.
#
# True (cloudevents 10.0.0): JSON.stringify, structured and binary mode all write `new Date(time).toISOString()`. Three digits of six are gone, and "+02:00" has become
# "Z". Two events of one millisecond that came in their order leave with the same time. An event that was built by the SDK from what it received has lost them on arrival.
#
# Source: npm cloudevents 10.0.0 (event/cloudevent.js, toJSON; message/http), CloudEvents 1.0.2, "time: Timestamp … adhering to RFC 3339"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund cloudevents@10.0.0
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import { CloudEvent, HTTP } from 'cloudevents';

const TIMES = ['2026-01-01T00:00:00.123456+02:00', '2026-01-01T00:00:00.123789+02:00'];
const CUT = '2025-12-31T22:00:00.123Z';
const attributes = { specversion: '1.0', source: '/calls', type: 'call.ended' };
for (const [id, time] of TIMES.entries()) {
  const event = new CloudEvent({ ...attributes, id: `${id}`, time, data: { seconds: 61 } });
  const written = JSON.parse(JSON.stringify(event)).time;
  const structured = JSON.parse(HTTP.structured(event).body).time;
  const binary = HTTP.binary(event).headers['ce-time'];
  console.log(`${time}: kept as ${event.time}, JSON ${written}, structured ${structured}, binary ${binary}`);
  assert.equal(event.time, time);
  assert.deepEqual([written, structured, binary], [CUT, CUT, CUT]);
}
const body = JSON.stringify({ ...attributes, id: '3', time: TIMES[0] });
const received = HTTP.toEvent({ headers: { 'content-type': 'application/cloudevents+json' }, body });
console.log(`received ${TIMES[0]}: ${received.time}`);
assert.equal(received.time, CUT);
JS
node show.mjs
