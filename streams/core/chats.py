"""The registry of chats: bucket edges, a tally's columns, the figures' definitions, the metrics.

As `definitions` is for calls. Formulas, clocks and limits in words: docs/chats.md.
"""

from __future__ import annotations

from streams.core.definitions import Definition, L, Metric

# Every first-reply threshold is an edge; an observation equal to an edge falls below it (`le`).
REPLY_EDGES_S = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800, 3600, 7200)
REPLY_EDGES_MS = tuple(1000 * edge for edge in REPLY_EDGES_S)
# What a report lists under `within`.
REPLIED_WITHIN_S = (10, 20, 30, 60, 120, 300)
# Keys 4 and 5 of five are satisfied (the studio's norm): four fifths of any scale.
SATISFIED_PERMILLE = 800

# What a fact is about; the order in which a conversation keeps its facts.
OPENING, FIRST, NEXT, CLOSING, RATING = range(5)
# How the need of a first reply ended.
REPLIED, MISSED, TIMED_OUT, BOT_ONLY, INITIATED = range(5)

# A tally is one list of integers: the position of each column is its name here.
OPENED = 0
REOPENED = 1
OUTCOME_FIRST = 2  # one column per outcome, REPLIED to INITIATED
REPLY_SUM_MS = OUTCOME_FIRST + 5  # by the clock that starts at opening time
REPLY_CALENDAR_SUM_MS = REPLY_SUM_MS + 1  # by the wall clock
REPLY_TOTAL_SUM_MS = REPLY_CALENDAR_SUM_MS + 1  # from the episode's first message
NEXT_REPLIES = REPLY_TOTAL_SUM_MS + 1
NEXT_SUM_MS = NEXT_REPLIES + 1
CLOSED = NEXT_SUM_MS + 1  # episodes
RESOLVED = CLOSED + 1  # conversations
RESOLUTION_SUM_MS = RESOLVED + 1
RATED = RESOLUTION_SUM_MS + 1
RATED_SUM_PERMILLE = RATED + 1
SATISFIED = RATED_SUM_PERMILLE + 1
CHAT_CORRECTIONS = SATISFIED + 1
REPLY_FIRST = CHAT_CORRECTIONS + 1  # histogram of first replies
CALENDAR_FIRST = REPLY_FIRST + len(REPLY_EDGES_S) + 1  # the same by the wall clock
NEXT_FIRST = CALENDAR_FIRST + len(REPLY_EDGES_S) + 1  # of subsequent replies
CHAT_WIDTH = NEXT_FIRST + len(REPLY_EDGES_S) + 1

CHAT_DEFINITIONS = (
    Definition(
        "first_reply",
        1,
        "first reply by a person in an episode − the latest of its first customer message, the"
        " hand-off from a bot and the reopening before it",
        "一次会话中人工首次回复 − 此前最晚的一项: 客户首条消息、机器人转人工、重新打开",
    ),
    Definition(
        "first_reply_rate",
        1,
        "episodes replied to by a person within T ÷ episodes that needed one (replied to, missed)",
        "T 秒内获人工回复的会话 ÷ 需要人工回复的会话 (已回复 + 未回复)",
    ),
    Definition(
        "first_reply_rate_live",
        1,
        "first_reply_rate with all that now wait for their first reply beyond T counted as missed",
        "首次回复率, 并把目前等待首次回复已超过 T 的全部计为未达标",
    ),
    Definition(
        "next_reply",
        1,
        "next reply by a person − the first customer message not replied to before it, after the"
        " first reply",
        "首次回复之后: 人工下一次回复 − 此前首条未获回复的客户消息",
    ),
    Definition(
        "unanswered",
        1,
        "open conversations in which a customer's message has had no reply by a person",
        "仍有客户消息未获人工回复的进行中会话",
    ),
    Definition(
        "missed_chats",
        1,
        "episodes closed or timed out without a reply by a person to the customer's message",
        "客户有消息而关闭或超时前没有任何人工回复的会话",
    ),
    Definition(
        "resolution",
        1,
        "last close − opening of the conversation, as long as it is remembered",
        "会话最后一次关闭 − 首次打开",
    ),
    Definition(
        "chat_satisfaction",
        1,
        "rated with at least four fifths of the scale ÷ rated; rated ÷ closed beside it",
        "评分达满分五分之四以上 ÷ 已评价, 旁列评价率 (已评价 ÷ 已关闭)",
    ),
    Definition(
        "concurrent_chats",
        1,
        "open conversations per person now who has any: the most and the mean",
        "当前每位客服进行中的会话: 最大值与平均值",
    ),
)

CHAT_METRICS = (
    Metric("hotline_chats_opened_total", "counter", L, "Conversations begun."),
    Metric("hotline_chats_reopened_total", "counter", L, "Conversations reopened."),
    Metric(
        "hotline_chats_finished_total",
        "counter",
        (*L, "outcome"),
        "Episodes by what became of their first reply: replied, missed, timeout, bot, initiated.",
    ),
    Metric(
        "hotline_first_reply_eligible_total",
        "counter",
        L,
        "Episodes that needed a reply by a person and had it or missed it.",
    ),
    Metric(
        "hotline_first_reply_missed_total",
        "counter",
        L,
        "Eligible episodes not replied to within the queue's threshold.",
    ),
    Metric(
        "hotline_first_reply_seconds",
        "histogram",
        L,
        "First reply by a person, in seconds; bots and automatic replies excluded.",
    ),
    Metric(
        "hotline_next_reply_seconds",
        "histogram",
        L,
        "Each further reply by a person to a customer's messages, in seconds.",
    ),
    Metric("hotline_chats_resolved_total", "counter", L, "Conversations closed."),
    Metric(
        "hotline_chats_resolution_seconds_total",
        "counter",
        L,
        "Time from opening to closing of those closed, in seconds.",
    ),
    Metric("hotline_chats_rated_total", "counter", L, "Conversations rated by the customer."),
    Metric(
        "hotline_chats_satisfied_total",
        "counter",
        L,
        "Conversations rated with at least four fifths of the scale.",
    ),
    Metric(
        "hotline_chats_corrections_total",
        "counter",
        L,
        "Facts of conversations that changed after they were counted as final.",
    ),
    Metric("hotline_chats_open", "gauge", L, "Conversations open now."),
    Metric(
        "hotline_chats_unanswered", "gauge", L, "Open conversations that await a person's reply."
    ),
    Metric(
        "hotline_chats_unanswered_beyond_target",
        "gauge",
        L,
        "Open conversations that await a person's reply for longer than the queue's threshold.",
    ),
    Metric(
        "hotline_chats_first_reply_beyond_target",
        "gauge",
        L,
        "Open conversations that await their first reply for longer than the queue's threshold.",
    ),
    Metric(
        "hotline_chats_oldest_unanswered_start_timestamp_seconds",
        "gauge",
        L,
        "Since when the longest unanswered customer waits; absent while nobody does.",
    ),
    Metric(
        "hotline_chats_per_agent_max",
        "gauge",
        L,
        "Most conversations that one person has open now; absent while nobody has any.",
    ),
    Metric(
        "hotline_chats_per_agent_mean",
        "gauge",
        L,
        "Mean of open conversations of those who have any; absent while nobody has.",
    ),
    Metric(
        "hotline_chats_objective_ratio", "gauge", L, "Configured share of first replies in time."
    ),
    Metric(
        "hotline_chats_first_reply_threshold_seconds",
        "gauge",
        L,
        "Configured threshold of the first reply.",
    ),
)
