"""What must still be told: from a change number to a target that holds the latest state.

Read in this order:

    pump        moves the records behind a target's cursor into deliveries, one row per copy (keys: under which key)
    claim       locks due deliveries, works out what differs (words, references) and writes it down as in flight
    courier     sends what was claimed through the dialect's `sender`, halves what was refused
    settle      what the outcome means for copy, delivery and target (backoff)
    worker      a crew of threads per target that does these four in turn, until it is told to stop
    leases      claims are short and renewed; what a killed process held is free soon
    feed        instead of pump and claim, for a target that is told every change in its order
    force       send again whether it differs or not
    http        how a partner is called (wires: one deadline; addresses: which may be called)
    reading, dead_letters   what an operator sees of it, and does about it

The rules themselves are pure functions in `master.convergence`. Nothing marks a record to be sent: a target is behind
when the golden record, in its words, differs from its known copy. Locks are always taken in this order: the connection
(pump, back-off), deliveries by copy, copies by id, the change counter.
"""
