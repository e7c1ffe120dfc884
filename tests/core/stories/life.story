# What happened, in seconds | what is known of the visit
# A history is told in the order written and backwards: the facts are the same.

0 queued                                             | entered 0, waiting
0 queued, 5 answered                                 | entered 0, answered at 5 after 5, talking
0 queued, 5 answered wait=4                          | entered 0, answered at 5 after 4, talking
0 queued, 5 answered agent=Anna, 9 ended             | entered 0, answered at 5 after 5 by Anna, talk 4
0 queued, 5 answered, 9 ended talk=3                 | entered 0, answered at 5 after 5, talk 3
0 queued, 5 answered, 9 ended talk=3 by=agent        | entered 0, answered at 5 after 5, talk 3, ended by agent
0 queued, 7 abandoned                                | entered 0, abandoned at 7 after 7
0 queued, 7 abandoned wait=6                         | entered 0, abandoned at 7 after 6
0 queued, 7 left reason=timeout                      | entered 0, timeout at 7 after 7
0 queued, 7 left reason=key wait=6                   | entered 0, key at 7 after 6
0 queued, 7 left reason=empty                        | entered 0, empty at 7 after 7
0 queued, 7 left reason=full                         | entered 0, full at 7 after 7
0 queued, 7 left reason=withdrawn                    | entered 0, withdrawn at 7 after 7
0 queued, 7 left reason=callback                     | entered 0, callback at 7 after 7
0 queued, 7 left reason=system                       | entered 0, system at 7 after 7

# Ringing in vain ends nothing.
0 queued, 3 ring_missed, 6 ring_missed               | entered 0, waiting, rung 2
0 queued, 3 ringing, 5 answered, 9 ended             | entered 0, answered at 5 after 5, talk 4

# Hold belongs to talk; wrap-up stands beside it.
0 queued, 5 answered, 6 held, 8 resumed, 9 ended     | entered 0, answered at 5 after 5, talk 4
0 queued, 5 answered, 9 ended, 12 wrapped_up         | entered 0, answered at 5 after 5, talk 4, wrapup 3
0 queued, 5 answered, 9 ended, 12 wrapped_up wrapup=2 | entered 0, answered at 5 after 5, talk 4, wrapup 2

# Transfers.
0 queued, 5 answered, 9 transferred kind=blind, 9 ended talk=4 by=transfer    | entered 0, answered at 5 after 5, talk 4, blind, ended by transfer
0 queued, 5 answered, 9 transferred kind=attended, 9 ended talk=4 by=transfer | entered 0, answered at 5 after 5, talk 4, attended, ended by transfer
0 queued, 5 answered, 9 transferred kind=blind, 9 ended, 9 queued visit=2 queue=b, 12 abandoned visit=2 queue=b | entered 0, answered at 5 after 5, talk 4, blind; b: entered 9, abandoned at 12 after 3
0 queued, 5 answered, 9 transferred kind=blind, 9 ended, 9 queued visit=2, 12 answered visit=2 | entered 0, answered at 5 after 5, talk 4, blind; entered 9, answered at 12 after 3, talking

# Overflow: one contact, two visits.
0 queued, 30 left reason=timeout, 30 queued visit=2 queue=b, 40 answered visit=2 queue=b | entered 0, timeout at 30 after 30; b: entered 30, answered at 40 after 10, talking

# Hanging up, told only as an end.
0 queued, 7 ended                                    | entered 0, abandoned at 7 after 7
0 queued, 7 ended by=customer                        | entered 0, abandoned at 7 after 7, ended by customer

# Refused at the door: a visit that waited 0 s.
0 refused                                            | entered 0, full at 0 after 0
0 refused reason=empty                               | entered 0, empty at 0 after 0

# A restart: the weakest end there is.
0 queued, 9 ended by=system                          | entered 0, system at 9 after 9
0 queued, 5 answered, 9 ended by=system              | entered 0, answered at 5 after 5, talk unknown
0 queued, 5 answered, 9 ended by=system, 20 ended talk=15 | entered 0, answered at 5 after 5, talk 15
0 queued, 9 left reason=system, 20 abandoned         | entered 0, abandoned at 20 after 20
0 queued, 9 left reason=system, 20 answered          | entered 0, answered at 20 after 20, talking
0 queued, 9 left reason=system, 20 answered, 25 ended | entered 0, answered at 20 after 20, talk 5
0 queued, 5 answered, 9 left reason=system           | entered 0, answered at 5 after 5, talk unknown
0 queued, 9 answered, 9 ended by=system              | entered 0, answered at 9 after 9, talk unknown
0 queued, 9 left reason=system wait=8                | entered 0, system at 9 after 8
9 left reason=system                                 | nothing

# Ends that contradict each other: the earlier counts, an answer before an exit of the same moment.
0 queued, 5 answered, 7 abandoned                    | entered 0, answered at 5 after 5, talking
0 queued, 5 abandoned, 7 answered                    | entered 0, abandoned at 5 after 5
0 queued, 5 abandoned, 5 answered                    | entered 0, answered at 5 after 5, talking
0 queued, 5 abandoned, 5 left reason=timeout         | entered 0, abandoned at 5 after 5
0 queued, 5 left reason=timeout, 9 abandoned         | entered 0, timeout at 5 after 5
0 queued, 5 answered, 6 answered, 9 ended            | entered 0, answered at 5 after 5, talk 4
0 queued, 5 answered, 9 ended, 11 ended talk=5       | entered 0, answered at 5 after 5, talk 5
0 queued, 2 queued, 5 answered                       | entered 0, answered at 5 after 5, talking
0 queued queue=b, 5 answered queue=a                 | a: entered 0, answered at 5 after 5, talking
0 queued, 5 answered, 9 transferred kind=blind, 8 transferred kind=attended, 9 ended | entered 0, answered at 5 after 5, talk 4, attended

# Clocks that disagree by a second make no negative wait or talk.
5 queued, 4 answered, 3 ended                        | entered 5, answered at 4 after 0, talk 0
0 queued, 5 answered, 9 ended, 8 wrapped_up          | entered 0, answered at 5 after 5, talk 4, wrapup 0
