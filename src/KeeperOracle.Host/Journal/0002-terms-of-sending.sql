-- Version 2. What a request may cost, whose budget pays, and until when it does any good: a restart needs them to go on bidding.
-- Intents of version 1 carry no limit of their own: their chain's highest fee bounds them.

ALTER TABLE intent ADD COLUMN priority INTEGER NOT NULL DEFAULT 2 CHECK (priority BETWEEN 0 AND 2);
ALTER TABLE intent ADD COLUMN cause TEXT NOT NULL DEFAULT '';
ALTER TABLE intent ADD COLUMN worth TEXT NOT NULL DEFAULT '0';
ALTER TABLE intent ADD COLUMN deadline INTEGER NOT NULL DEFAULT 0 CHECK (deadline >= 0);

ALTER TABLE attempt ADD COLUMN gas_limit INTEGER NOT NULL DEFAULT 0 CHECK (gas_limit >= 0);
ALTER TABLE attempt ADD COLUMN cancels INTEGER NOT NULL DEFAULT 0 CHECK (cancels IN (0, 1));
