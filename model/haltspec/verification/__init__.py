"""Verification: every lifecycle and the reference model, explored exhaustively; what must hold, what must come about.

`explore` and `graphs` make the graph of a lifecycle under a view of its readings, `safety` and `progress` decide named
properties on it; `scenarios` and `menu` say what the reference model is asked, `worlds` explores it, `overlap` lets two
clients call at once, `invariants` are checked at every step; `run` does it all for one API.
"""
