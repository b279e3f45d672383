-- The tables and queries that Orleans' ADO.NET grain storage looks for, for SQLite. Idempotent.
PRAGMA journal_mode = WAL;

CREATE TABLE IF NOT EXISTS OrleansQuery (
    QueryKey  TEXT PRIMARY KEY,
    QueryText TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS GrainState (
    ServiceId     TEXT    NOT NULL,
    GrainType     TEXT    NOT NULL,
    IdN0          INTEGER NOT NULL,
    IdN1          INTEGER NOT NULL,
    IdExtension   TEXT    NOT NULL,
    Payload       BLOB,
    ModifiedOn    TEXT    NOT NULL,
    Version       INTEGER NOT NULL,
    PRIMARY KEY (ServiceId, GrainType, IdN0, IdN1, IdExtension)
) WITHOUT ROWID;

-- One statement, so that it needs no transaction of its own; no row comes back when the version is not the one expected.
INSERT OR REPLACE INTO OrleansQuery VALUES ('WriteToStorageKey', '
    INSERT INTO GrainState VALUES (@ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, COALESCE(@GrainIdExtensionString, ''''), @PayloadBinary, datetime(''now''), COALESCE(@GrainStateVersion, 0) + 1)
    ON CONFLICT DO UPDATE SET Payload = excluded.Payload, ModifiedOn = excluded.ModifiedOn, Version = Version + 1 WHERE Version = @GrainStateVersion
    RETURNING Version AS NewGrainStateVersion');

INSERT OR REPLACE INTO OrleansQuery VALUES ('ReadFromStorageKey', '
    SELECT Payload AS PayloadBinary, Version FROM GrainState
    WHERE ServiceId = @ServiceId AND GrainType = @GrainTypeString AND IdN0 = @GrainIdN0 AND IdN1 = @GrainIdN1 AND IdExtension = COALESCE(@GrainIdExtensionString, '''')');

INSERT OR REPLACE INTO OrleansQuery VALUES ('ClearStorageKey', '
    UPDATE GrainState SET Payload = NULL, ModifiedOn = datetime(''now''), Version = Version + 1
    WHERE ServiceId = @ServiceId AND GrainType = @GrainTypeString AND IdN0 = @GrainIdN0 AND IdN1 = @GrainIdN1 AND IdExtension = COALESCE(@GrainIdExtensionString, '''') AND Version = @GrainStateVersion
    RETURNING Version AS NewGrainStateVersion');

-- What happened to containers and hosts; times are milliseconds since 1970. The cursors count the changes of the two tables of incidents.
CREATE TABLE IF NOT EXISTS IncidentCursor (
    Name  TEXT    PRIMARY KEY,
    Value INTEGER NOT NULL
) WITHOUT ROWID;

INSERT OR IGNORE INTO IncidentCursor VALUES ('Incident', 0), ('IncidentOutbox', 0);

CREATE TABLE IF NOT EXISTS Incident (
    Id          TEXT    PRIMARY KEY,
    Seq         INTEGER NOT NULL,
    Revision    INTEGER NOT NULL,
    Host        TEXT    NOT NULL,
    ContainerId TEXT,
    Container   TEXT,
    Cause       TEXT    NOT NULL,
    Outcome     TEXT    NOT NULL,
    FaultAt     INTEGER NOT NULL,
    EndedAt     INTEGER,
    ChangedAt   INTEGER NOT NULL,
    Record      TEXT    NOT NULL,
    Capture     TEXT
);

CREATE INDEX IF NOT EXISTS IncidentBySeq ON Incident (Seq);
CREATE INDEX IF NOT EXISTS IncidentByHost ON Incident (Host, Container, Id);
CREATE INDEX IF NOT EXISTS IncidentByOutcome ON Incident (Outcome, Id);
CREATE INDEX IF NOT EXISTS IncidentByChange ON Incident (ChangedAt);

-- EndedAt is null as long as an incident is not over; it used to be when one was given up that is still down.
UPDATE Incident SET EndedAt = NULL WHERE Outcome = 'Quarantined' AND EndedAt IS NOT NULL AND Record NOT LIKE '%"runningAgainAt"%';

-- Of these the history has not taken, or they are not over. Sent: the revision that it has.
CREATE TABLE IF NOT EXISTS IncidentOutbox (
    Id          TEXT    PRIMARY KEY,
    Seq         INTEGER NOT NULL,
    Revision    INTEGER NOT NULL,
    Host        TEXT    NOT NULL,
    ContainerId TEXT,
    Container   TEXT,
    Cause       TEXT    NOT NULL,
    Outcome     TEXT    NOT NULL,
    FaultAt     INTEGER NOT NULL,
    EndedAt     INTEGER,
    ChangedAt   INTEGER NOT NULL,
    Record      TEXT    NOT NULL,
    Capture     TEXT,
    Sent        INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX IF NOT EXISTS IncidentOutboxBySeq ON IncidentOutbox (Seq);

-- When containers were watched under supervision.
CREATE TABLE IF NOT EXISTS WatchedTime (
    Host        TEXT    NOT NULL,
    ContainerId TEXT    NOT NULL,
    Container   TEXT    NOT NULL,
    Since       INTEGER NOT NULL,
    Until       INTEGER NOT NULL,
    Ended       INTEGER NOT NULL,
    PRIMARY KEY (Host, ContainerId, Since)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS WatchedTimeByEnd ON WatchedTime (Until);
