-- The tables of the history, and the tables and queries that Orleans' ADO.NET clustering, grain storage and reminders look for, for
-- PostgreSQL 12 and later. Idempotent, and safe on a database in use:  psql -v ON_ERROR_STOP=1 -d hms -f cluster-store.sql
--
-- Each query is one statement, so that it needs no transaction of its own.
SET client_min_messages = warning;

CREATE TABLE IF NOT EXISTS OrleansQuery (
    QueryKey  text PRIMARY KEY,
    QueryText text NOT NULL
);

-- Every change of the members takes the next version of their cluster; whoever comes with an old one has to read again.
CREATE TABLE IF NOT EXISTS ClusterVersion (
    DeploymentId text        PRIMARY KEY,
    ChangedAt    timestamptz NOT NULL DEFAULT now(),
    Version      integer     NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS ClusterMember (
    DeploymentId text        NOT NULL REFERENCES ClusterVersion,
    Address      text        NOT NULL,
    Port         integer     NOT NULL,
    Generation   integer     NOT NULL,
    SiloName     text        NOT NULL,
    HostName     text        NOT NULL,
    Status       integer     NOT NULL,
    ProxyPort    integer     NOT NULL,
    SuspectTimes text,
    StartTime    timestamptz NOT NULL,
    IAmAliveTime timestamptz NOT NULL,
    PRIMARY KEY (DeploymentId, Address, Port, Generation)
);

CREATE TABLE IF NOT EXISTS GrainState (
    ServiceId   text        NOT NULL,
    GrainType   text        NOT NULL,
    IdN0        bigint      NOT NULL,
    IdN1        bigint      NOT NULL,
    IdExtension text        NOT NULL,
    Payload     bytea,
    ModifiedOn  timestamptz NOT NULL,
    Version     integer     NOT NULL,
    PRIMARY KEY (ServiceId, GrainType, IdN0, IdN1, IdExtension)
);

CREATE TABLE IF NOT EXISTS Reminder (
    ServiceId    text        NOT NULL,
    GrainId      text        NOT NULL,
    ReminderName text        NOT NULL,
    StartTime    timestamptz NOT NULL,
    Period       bigint      NOT NULL, -- milliseconds
    GrainHash    integer     NOT NULL,
    Version      integer     NOT NULL DEFAULT 0,
    PRIMARY KEY (ServiceId, GrainId, ReminderName)
);

-- A silo reads those of its range of hashes.
CREATE INDEX IF NOT EXISTS ReminderByHash ON Reminder (ServiceId, GrainHash);

-- What happened to containers and hosts; times are milliseconds since 1970. The cursor counts the changes.
CREATE TABLE IF NOT EXISTS IncidentCursor (
    Name  text   PRIMARY KEY,
    Value bigint NOT NULL
);

INSERT INTO IncidentCursor VALUES ('Incident', 0) ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS Incident (
    Id          text    PRIMARY KEY,
    Seq         bigint  NOT NULL,
    Revision    integer NOT NULL,
    Host        text    NOT NULL,
    ContainerId text,
    Container   text,
    Cause       text    NOT NULL,
    Outcome     text    NOT NULL,
    FaultAt     bigint  NOT NULL,
    EndedAt     bigint,
    ChangedAt   bigint  NOT NULL,
    Record      text    NOT NULL,
    Capture     text
);

CREATE INDEX IF NOT EXISTS IncidentBySeq ON Incident (Seq);
CREATE INDEX IF NOT EXISTS IncidentByHost ON Incident (Host, Container, Id);
CREATE INDEX IF NOT EXISTS IncidentByOutcome ON Incident (Outcome, Id);
CREATE INDEX IF NOT EXISTS IncidentByChange ON Incident (ChangedAt);

-- EndedAt is null as long as an incident is not over; it used to be when one was given up that is still down.
UPDATE Incident SET EndedAt = NULL WHERE Outcome = 'Quarantined' AND EndedAt IS NOT NULL AND Record NOT LIKE '%"runningAgainAt"%';

-- When containers were watched under supervision.
CREATE TABLE IF NOT EXISTS WatchedTime (
    Host        text    NOT NULL,
    ContainerId text    NOT NULL,
    Container   text    NOT NULL,
    Since       bigint  NOT NULL,
    Until       bigint  NOT NULL,
    Ended       integer NOT NULL,
    PRIMARY KEY (Host, ContainerId, Since)
);

CREATE INDEX IF NOT EXISTS WatchedTimeByEnd ON WatchedTime (Until);

INSERT INTO OrleansQuery VALUES
('InsertMembershipVersionKey', '
    WITH made AS (INSERT INTO ClusterVersion (DeploymentId) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT EXISTS (SELECT FROM made)'),

('InsertMembershipKey', '
    WITH taken AS (
        UPDATE ClusterVersion SET ChangedAt = now(), Version = Version + 1
        WHERE DeploymentId = @DeploymentId AND Version = @Version AND NOT EXISTS (
            SELECT FROM ClusterMember WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation)
        RETURNING 1),
    made AS (
        INSERT INTO ClusterMember (DeploymentId, Address, Port, Generation, SiloName, HostName, Status, ProxyPort, StartTime, IAmAliveTime)
        SELECT @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM taken
        RETURNING 1)
    SELECT EXISTS (SELECT FROM made)'),

('UpdateMembershipKey', '
    WITH taken AS (
        UPDATE ClusterVersion SET ChangedAt = now(), Version = Version + 1
        WHERE DeploymentId = @DeploymentId AND Version = @Version AND EXISTS (
            SELECT FROM ClusterMember WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation)
        RETURNING 1),
    changed AS (
        UPDATE ClusterMember SET Status = @Status, SuspectTimes = @SuspectTimes, IAmAliveTime = @IAmAliveTime FROM taken
        WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation
        RETURNING 1)
    SELECT EXISTS (SELECT FROM changed)'),

('UpdateIAmAlivetimeKey', '
    UPDATE ClusterMember SET IAmAliveTime = @IAmAliveTime
    WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation'),

('MembershipReadRowKey', '
    SELECT m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes, m.StartTime, m.IAmAliveTime, v.Version
    FROM ClusterVersion v LEFT JOIN ClusterMember m ON m.DeploymentId = v.DeploymentId AND m.Address = @Address AND m.Port = @Port AND m.Generation = @Generation
    WHERE v.DeploymentId = @DeploymentId'),

('MembershipReadAllKey', '
    SELECT m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes, m.StartTime, m.IAmAliveTime, v.Version
    FROM ClusterVersion v LEFT JOIN ClusterMember m ON m.DeploymentId = v.DeploymentId
    WHERE v.DeploymentId = @DeploymentId'),

('GatewaysQueryKey', '
    SELECT Address, ProxyPort, Generation FROM ClusterMember
    WHERE DeploymentId = @DeploymentId AND Status = @Status AND ProxyPort > 0'),

('DeleteMembershipTableEntriesKey', '
    WITH gone AS (DELETE FROM ClusterMember WHERE DeploymentId = @DeploymentId RETURNING 1)
    DELETE FROM ClusterVersion WHERE DeploymentId = @DeploymentId AND (SELECT count(*) FROM gone) >= 0'),

-- 6: dead.
('CleanupDefunctSiloEntriesKey', '
    DELETE FROM ClusterMember WHERE DeploymentId = @DeploymentId AND Status = 6 AND IAmAliveTime < @IAmAliveTime'),

-- No row comes back when the version is not the one expected.
('WriteToStorageKey', '
    WITH changed AS (
        UPDATE GrainState SET Payload = @PayloadBinary, ModifiedOn = now(), Version = Version + 1
        WHERE ServiceId = @ServiceId AND GrainType = @GrainTypeString AND IdN0 = @GrainIdN0 AND IdN1 = @GrainIdN1 AND IdExtension = COALESCE(@GrainIdExtensionString, '''') AND Version = @GrainStateVersion
        RETURNING Version),
    made AS (
        INSERT INTO GrainState SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, COALESCE(@GrainIdExtensionString, ''''), @PayloadBinary, now(), 1 WHERE @GrainStateVersion IS NULL
        ON CONFLICT DO NOTHING
        RETURNING Version)
    SELECT Version AS NewGrainStateVersion FROM changed UNION ALL SELECT Version FROM made'),

('ReadFromStorageKey', '
    SELECT Payload AS PayloadBinary, Version FROM GrainState
    WHERE ServiceId = @ServiceId AND GrainType = @GrainTypeString AND IdN0 = @GrainIdN0 AND IdN1 = @GrainIdN1 AND IdExtension = COALESCE(@GrainIdExtensionString, '''')'),

('ClearStorageKey', '
    UPDATE GrainState SET Payload = NULL, ModifiedOn = now(), Version = Version + 1
    WHERE ServiceId = @ServiceId AND GrainType = @GrainTypeString AND IdN0 = @GrainIdN0 AND IdN1 = @GrainIdN1 AND IdExtension = COALESCE(@GrainIdExtensionString, '''') AND Version = @GrainStateVersion
    RETURNING Version AS NewGrainStateVersion'),

-- The version of what is no more counts as if it had been changed once more: so the provider knows that it was deleted.
('DeleteStorageKey', '
    DELETE FROM GrainState
    WHERE ServiceId = @ServiceId AND GrainType = @GrainTypeString AND IdN0 = @GrainIdN0 AND IdN1 = @GrainIdN1 AND IdExtension = COALESCE(@GrainIdExtensionString, '''') AND Version = @GrainStateVersion
    RETURNING Version + 1 AS NewGrainStateVersion'),

('UpsertReminderRowKey', '
    INSERT INTO Reminder AS r (ServiceId, GrainId, ReminderName, StartTime, Period, GrainHash)
    VALUES (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash)
    ON CONFLICT (ServiceId, GrainId, ReminderName)
    DO UPDATE SET StartTime = excluded.StartTime, Period = excluded.Period, GrainHash = excluded.GrainHash, Version = r.Version + 1
    RETURNING Version'),

('ReadReminderRowKey', '
    SELECT GrainId, ReminderName, StartTime, Period, Version FROM Reminder
    WHERE ServiceId = @ServiceId AND GrainId = @GrainId AND ReminderName = @ReminderName'),

('ReadReminderRowsKey', '
    SELECT GrainId, ReminderName, StartTime, Period, Version FROM Reminder
    WHERE ServiceId = @ServiceId AND GrainId = @GrainId'),

-- Hashes are on a ring; a range is without its beginning and with its end.
('ReadRangeRows1Key', '
    SELECT GrainId, ReminderName, StartTime, Period, Version FROM Reminder
    WHERE ServiceId = @ServiceId AND GrainHash > @BeginHash AND GrainHash <= @EndHash'),

-- This one goes past the highest.
('ReadRangeRows2Key', '
    SELECT GrainId, ReminderName, StartTime, Period, Version FROM Reminder
    WHERE ServiceId = @ServiceId AND (GrainHash > @BeginHash OR GrainHash <= @EndHash)'),

('DeleteReminderRowKey', '
    WITH gone AS (
        DELETE FROM Reminder WHERE ServiceId = @ServiceId AND GrainId = @GrainId AND ReminderName = @ReminderName AND Version = @Version
        RETURNING 1)
    SELECT EXISTS (SELECT FROM gone)'),

('DeleteReminderRowsKey', '
    DELETE FROM Reminder WHERE ServiceId = @ServiceId')
ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;
