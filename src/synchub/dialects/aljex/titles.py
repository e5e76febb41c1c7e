"""Which files there are each morning: those of the vendor's document (section 1)."""

LOADS_WINDOW = ("created_on", "pickup_date")
INVOICING_WINDOW = ("shipped_on", "invoiced_on")
TITLES: dict[str, tuple[str, int | None, tuple[str, ...]]] = {
    "employees": ("Employees", None, ()),
    "customers": ("Customers", None, ()),
    "carriers": ("Carriers", None, ()),
    "loads": ("Loads", 3, LOADS_WINDOW),
    "payments": ("Payments (Accounts Payable)", None, ()),
    "invoicing": ("Invoicing", 3, INVOICING_WINDOW),
    "payments_received": ("Payments Received (Accounts Receivable)", 7, ()),
    "debits": ("Debits", 7, ()),
    "credits": ("Credits", 7, ()),
    "salesreps": ("Salesreps", None, ()),
    "quotes": ("Quotes", 7, ()),
    "payable": ("Payable", None, ()),
    "new_purchases": ("New Purchases", 7, ()),
}
"""Each table's title in the document, the days of its window (None: the file is full), and our columns that say when.

Tables without columns of their own have no such column.
"""
