-- Version 3. Who may write. The rules stand at the head of JournalLease.cs.

CREATE TABLE lease (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    token      INTEGER NOT NULL CHECK (token >= 1),
    holder     TEXT    NOT NULL,
    machine    TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

-- A token that fell could let a fenced process write again.
CREATE TRIGGER lease_only_rises BEFORE UPDATE ON lease WHEN new.token < old.token
BEGIN SELECT RAISE(ABORT, 'the token of the lease is never lowered'); END;
CREATE TRIGGER lease_stays BEFORE DELETE ON lease
BEGIN SELECT RAISE(ABORT, 'the lease is never deleted'); END;
