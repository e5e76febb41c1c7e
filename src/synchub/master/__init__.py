"""What is true.

Start with `convergence`: the rules by which partners' statements make a golden record, as pure functions over
`copies.Copy`. `store.apply` is the only writer: it finds or makes copies (`locating`), takes the writes into records
(`record`) and writes images, typed rows (`entities`) and history (`tables.Change`). `reading` shows what is there and
why.
"""
