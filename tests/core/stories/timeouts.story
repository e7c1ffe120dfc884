# Two hours of waiting and four of talking end by themselves. Told in this order only.

0 queued, 7204 heartbeat                             | entered 0, waiting
0 queued, 7205 heartbeat                             | entered 0, system at 7200 after 7200
0 queued, 10 answered, 14414 heartbeat               | entered 0, answered at 10 after 10, talking
0 queued, 10 answered, 14415 heartbeat               | entered 0, answered at 10 after 10, talk unknown
20 answered wait=10, 14425 heartbeat                 | entered 10, answered at 20 after 10, talk unknown

# It is a guess: whatever comes later knows better.
0 queued, 7300 heartbeat, 7400 answered              | entered 0, answered at 7400 after 7400, talking
0 queued, 9000 heartbeat, 9400 abandoned             | entered 0, abandoned at 9400 after 9400
0 queued, 9000 heartbeat, 9400 ring_missed           | entered 0, system at 7200 after 7200, rung 1
0 queued, 10 answered, 15000 heartbeat, 16000 ended  | entered 0, answered at 10 after 10, talk 15990
0 queued, 50000 heartbeat, 60000 answered wait=60000 | entered 0, answered at 60000 after 60000, talking
