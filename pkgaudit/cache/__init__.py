"""Results on members that are kept across runs, in a database in the user's cache folder.

`store` is the database, `codec` the form of a result in it, `fingerprint` identifies everything that a result
depends on besides the member. A cache only saves time: whatever is wrong with it, members are judged again.
"""
