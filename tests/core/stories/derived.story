# The beginning is missing: it entered at leaving minus the wait that the source gave.

20 answered wait=5                                   | entered 15, answered at 20 after 5, talking
20 abandoned wait=5                                  | entered 15, abandoned at 20 after 5
20 left reason=key wait=5                            | entered 15, key at 20 after 5
20 left reason=system wait=5                         | nothing
20 ended talk=7 wait=5                               | entered 8, answered at 13 after 5, talk 7
20 answered wait=5, 29 ended talk=9                  | entered 15, answered at 20 after 5, talk 9
20 answered wait=5, 14 queued                        | entered 14, answered at 20 after 5, talking
20 answered, 14 queued                               | entered 14, answered at 20 after 6, talking

# Without a wait, nothing is counted yet.
20 answered                                          | nothing
20 abandoned                                         | nothing
20 answered, 29 ended                                | nothing
20 ended                                             | nothing
20 ended talk=5                                      | nothing
20 ring_missed                                       | nothing
20 wrapped_up                                        | nothing
20 arrived                                           | nothing

# CONNECT was lost: the end tells when it was answered.
0 queued, 20 ended talk=7 wait=12                    | entered 0, answered at 13 after 12, talk 7
0 queued, 20 ended talk=7                            | entered 0, answered at 13 after 13, talk 7

# An entering once known does not become unknown again, whatever contradicts it.
20 answered wait=5, 18 answered                      | entered 15, answered at 18 after 3, talking
20 answered wait=5, 18 abandoned                     | entered 15, abandoned at 18 after 3
