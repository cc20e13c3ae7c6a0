import CoordSystem

/// A named step of the schema. Steps are only ever appended; one that was released is never edited.
struct Migration {
    let name: String
    let sql: String

    /// `coor` as a number: marks the database file as coord's.
    static let applicationID: Int32 = 0x636F_6F72

    static let all = [
        Migration(name: "journal", sql: journal),
        Migration(name: "landing-tip", sql: "ALTER TABLE task_states ADD COLUMN landing_tip TEXT;"),
        Migration(name: "delivery", sql: "ALTER TABLE run_states ADD COLUMN delivery TEXT;"),
        Migration(
            name: "review",
            sql: """
                ALTER TABLE task_states ADD COLUMN submitted_attempt INTEGER;
                ALTER TABLE task_states ADD COLUMN reviewer TEXT;
                ALTER TABLE task_states ADD COLUMN review_rounds INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE task_states ADD COLUMN approval_reason TEXT;
                """),
        Migration(
            name: "handoff",
            sql: """
                ALTER TABLE task_states ADD COLUMN handoff TEXT;
                CREATE INDEX handoffs ON task_states (id) WHERE handoff IS NOT NULL;
                """),
    ]

    // A row of a run has the key `number of the run << 40 | number of the row`, so that facts and tasks are
    // stored in their order, appending touches only the last page, and a run's rows are one range. The views
    // spell the key out for people who read the journal with the sqlite3 program.
    //
    // What changes with nearly every batch (run_states, task_states) is kept apart from what is large and
    // hardly changes (runs, tasks): a transaction rewrites whole rows, and its cost is the pages it touches.
    private static let journal = """
        CREATE TABLE runs (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            run TEXT NOT NULL UNIQUE,
            mission TEXT NOT NULL,
            mission_name TEXT NOT NULL,
            mission_file TEXT NOT NULL,
            project TEXT NOT NULL,
            target TEXT NOT NULL,
            agent TEXT NOT NULL,
            simulated INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            slots TEXT NOT NULL
        ) STRICT;

        CREATE TABLE run_states (
            number INTEGER PRIMARY KEY,
            status TEXT NOT NULL,
            reason TEXT NOT NULL,
            pid INTEGER NOT NULL,
            process_start INTEGER NOT NULL,
            ended_at INTEGER,
            exit_status INTEGER,
            budget_micro_dollars INTEGER,
            spent_micro_dollars INTEGER NOT NULL,
            reserved_micro_dollars INTEGER NOT NULL,
            input_tokens INTEGER NOT NULL,
            output_tokens INTEGER NOT NULL,
            cache_read_tokens INTEGER NOT NULL,
            cache_write_tokens INTEGER NOT NULL,
            head TEXT,
            landed INTEGER NOT NULL,
            bounced INTEGER NOT NULL,
            rate_limited_until INTEGER
        ) STRICT;

        CREATE TABLE facts (
            id INTEGER PRIMARY KEY,
            time INTEGER NOT NULL,
            type TEXT NOT NULL,
            task TEXT,
            worker TEXT,
            data TEXT NOT NULL
        ) STRICT;

        CREATE TABLE tasks (
            id INTEGER PRIMARY KEY,
            task TEXT NOT NULL,
            title TEXT NOT NULL,
            role TEXT,
            priority INTEGER NOT NULL,
            deps TEXT NOT NULL,
            proposed_by TEXT,
            spec TEXT NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX tasks_by_name ON tasks (id >> 40, task);

        CREATE TABLE task_states (
            id INTEGER PRIMARY KEY,
            stage TEXT NOT NULL,
            since INTEGER NOT NULL,
            assigned_to TEXT,
            pinned_to TEXT,
            attempt INTEGER NOT NULL,
            failures INTEGER NOT NULL,
            conflicts INTEGER NOT NULL,
            worker_losses INTEGER NOT NULL,
            last_error TEXT,
            failed_because TEXT,
            not_before INTEGER,
            branch TEXT,
            base TEXT,
            commit_id TEXT,
            tree TEXT,
            landing TEXT,
            landing_from TEXT,
            started_at INTEGER,
            completed_at INTEGER,
            cost_micro_dollars INTEGER NOT NULL,
            input_tokens INTEGER NOT NULL,
            output_tokens INTEGER NOT NULL,
            cache_read_tokens INTEGER NOT NULL,
            cache_write_tokens INTEGER NOT NULL,
            proposals INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE workers (
            number INTEGER NOT NULL,
            slot_number INTEGER NOT NULL,
            worker TEXT NOT NULL,
            status TEXT NOT NULL,
            since INTEGER NOT NULL,
            pid INTEGER,
            process_start INTEGER,
            task TEXT,
            attempt INTEGER,
            branch TEXT,
            restarts INTEGER NOT NULL,
            last_error TEXT,
            cost_micro_dollars INTEGER NOT NULL,
            input_tokens INTEGER NOT NULL,
            output_tokens INTEGER NOT NULL,
            cache_read_tokens INTEGER NOT NULL,
            cache_write_tokens INTEGER NOT NULL,
            slot TEXT NOT NULL,
            PRIMARY KEY (number, slot_number, worker)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE costs (
            number INTEGER NOT NULL,
            task TEXT NOT NULL,
            worker TEXT NOT NULL,
            role TEXT NOT NULL,
            model TEXT NOT NULL,
            calls INTEGER NOT NULL,
            cost_micro_dollars INTEGER NOT NULL,
            input_tokens INTEGER NOT NULL,
            output_tokens INTEGER NOT NULL,
            cache_read_tokens INTEGER NOT NULL,
            cache_write_tokens INTEGER NOT NULL,
            PRIMARY KEY (number, task, worker, role, model)
        ) STRICT, WITHOUT ROWID;

        CREATE VIEW journal AS
            SELECT runs.run, facts.id & 1099511627775 AS seq,
                strftime('%Y-%m-%dT%H:%M:%fZ', facts.time / 1000.0, 'unixepoch') AS time,
                facts.type, facts.task, facts.worker, facts.data
            FROM facts JOIN runs ON runs.number = facts.id >> 40;
        CREATE VIEW task_list AS
            SELECT runs.run, tasks.task, tasks.title, tasks.role, task_states.stage, task_states.attempt,
                task_states.assigned_to, task_states.last_error, task_states.commit_id
            FROM tasks JOIN task_states USING (id) JOIN runs ON runs.number = tasks.id >> 40;
        """

    /// Brings a database up to date, or says why it cannot be used.
    static func apply(_ migrations: [Migration] = all, to connection: SQLiteConnection) throws(StoreError) {
        try connection.pass(.journalSchema, .before)
        try connection.execute("BEGIN IMMEDIATE")
        do throws(StoreError) {
            let applied = try appliedNames(connection)
            try refuseUnknown(applied, known: migrations, connection)
            let missing = migrations.filter { !applied.contains($0.name) }
            if applied.isEmpty {
                try connection.execute(
                    """
                    PRAGMA application_id = \(applicationID);
                    CREATE TABLE migrations (name TEXT PRIMARY KEY NOT NULL) STRICT, WITHOUT ROWID;
                    """)
            }
            for migration in missing {
                try connection.execute(migration.sql)
                let statement = try connection.prepare("INSERT INTO migrations VALUES (?)")
                statement.put(migration.name)
                try statement.run()
            }
            try connection.pass(.journalSchema, .between)
            try connection.execute("COMMIT")
            try connection.pass(.journalSchema, .after)
        } catch {
            // The transaction may already be gone, and the first error is the one to tell.
            try? connection.execute("ROLLBACK")
            throw error
        }
    }

    /// Checks without writing that a database is coord's and up to date.
    static func check(_ connection: SQLiteConnection) throws(StoreError) {
        let applied = try appliedNames(connection)
        // A file without a table is one whose making was interrupted: it holds no run.
        guard !applied.isEmpty else { throw .missing(path: connection.path) }
        try refuseUnknown(applied, known: all, connection)
        let missing = all.map(\.name).filter { !applied.contains($0) }
        guard missing.isEmpty else { throw .olderSchema(path: connection.path, missing: missing) }
    }

    private static func refuseUnknown(
        _ applied: [String], known: [Migration], _ connection: SQLiteConnection
    ) throws(StoreError) {
        let unknown = applied.filter { name in !known.contains { $0.name == name } }
        guard unknown.isEmpty else { throw .newerSchema(path: connection.path, unknown: unknown) }
    }

    /// Empty for a database that holds nothing yet.
    private static func appliedNames(_ connection: SQLiteConnection) throws(StoreError) -> [String] {
        let tables = try connection.integer("SELECT count(*) FROM sqlite_schema")
        let id = Int32(truncatingIfNeeded: try connection.integer("PRAGMA application_id"))
        guard id == applicationID || (id == 0 && tables == 0) else {
            throw .foreign(path: connection.path, applicationID: id)
        }
        guard tables > 0 else { return [] }
        var names: [String] = []
        let statement = try connection.prepare("SELECT name FROM migrations ORDER BY name")
        while try statement.step() { names.append(statement.text()) }
        return names
    }
}
