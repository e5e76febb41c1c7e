"""What is true.

Start with `convergence`: the rules by which partners' statements make a golden record, as pure functions over
`copies.Copy`. `store.apply` takes what partners send: it finds or makes copies (`locating`), takes the writes into
records (`record`) that it holds locked, and writes images, typed rows (`entities`) and history (`tables.Change`), all
in `holding`. `weighing` does the same for records that nobody wrote when the rules change. `reading` shows what is
there and why.
"""
