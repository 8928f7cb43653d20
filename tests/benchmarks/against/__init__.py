"""Two checkouts measured in turn: ``make bench AGAINST=COMMIT``.

The working tree, uncommitted changes included, is the new checkout; a temporary worktree at the commit is the
old one. Both run in this Python environment, on the same images and the same bundle, each with caches of its
own. After an uncounted warm-up come five rounds. Within a round, each measurement is taken of both checkouts,
one directly after the other and in alternating order, so that slow changes of the machine's speed cancel.

What is measured goes through interfaces that both checkouts have: the command line, the app's server, its
pages under Streamlit's test client, and functions found under their new or their old name
(``functions.NAMES``). Each row shows the median cost of both, and the median, the lowest and the highest of
the five ratios old/new: above 1, the new checkout is faster or smaller.
"""
