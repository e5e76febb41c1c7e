"""A job's report as a document that one hands to a customer.

`sheet` says what stands on it, `paper` makes a PDF of it, `page` the same as a web page; none of them knows the store.
"""
