"""Results on members, and audits of distributions, that are kept in a database in the user's cache folder.

`store` is the database; `codec` is the form of a result on a member in it, `audits` that of an audit.
`fingerprint` identifies everything that they depend on besides the files, and `secret_names` tells what they
must not quote. A cache only saves time: whatever is wrong with it, the files are judged again.
"""
