namespace HmsOrleans.Tests.Engine;

/// <summary>
/// A stand-in for PostgreSQL's official image, where no registry is reachable: this machine's own PostgreSQL and the libraries that it is
/// linked to. It does what deploy/compose.yaml asks of the official one: user, password and database from the environment, scripts run
/// once in an empty data directory, meanwhile deaf to the network, fast shutdown, not root.
/// </summary>
internal static class PostgresImage
{
    private const string Make = """
        set -e
        programs=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
        version=$(basename "$(dirname "$programs")")
        work=$(mktemp -d) root=$work/root
        trap 'rm -rf "$work"' EXIT
        mkdir -p "$root/bin" "$root/etc" "$root/tmp" "$root/usr/lib" "$root/docker-entrypoint-initdb.d" "$root/var/lib/postgresql/data" "$root/var/run/postgresql"
        chmod 1777 "$root/tmp"
        chmod 700 "$root/var/lib/postgresql/data"
        cp "$(command -v busybox)" "$root/bin/sh"
        echo 'root:x:0:0::/root:/bin/sh
        postgres:x:999:999::/var/lib/postgresql:/bin/sh' >"$root/etc/passwd"
        for program in postgres initdb pg_ctl pg_isready createdb psql; do cp -L --parents "$programs/$program" "$root"; done
        # Without the compiler of queries, which is as large as all the rest, it does as well.
        for library in plpgsql dict_snowball; do cp --parents "/usr/lib/postgresql/$version/lib/$library.so" "$root"; done
        cp -R --parents "/usr/share/postgresql/$version" "$root"
        find "$root/usr/lib/postgresql" -type f -exec ldd {} + | grep -o '/[^ ]*\.so[^ :]*' | grep -v "^$root" | sort -u | xargs cp -L --parents -t "$root"
        cat >"$root/bin/entrypoint" <<'END'
        #!/bin/sh
        set -e
        if [ ! -s "$PGDATA/PG_VERSION" ]; then
          echo "$POSTGRES_PASSWORD" >/tmp/password
          initdb -U "$POSTGRES_USER" --pwfile=/tmp/password --auth-local=trust --auth-host=trust -E UTF8 --locale=C
          echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
          pg_ctl -w -o "-c listen_addresses=''" start
          createdb -U "$POSTGRES_USER" "$POSTGRES_DB"
          for script in /docker-entrypoint-initdb.d/*.sql; do psql -X -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -f "$script"; done
          pg_ctl -w -m fast stop
        fi
        exec postgres -c listen_addresses='*'
        END
        chmod 755 "$root/bin/entrypoint"
        chown -R 999:999 "$root/var/lib/postgresql" "$root/var/run/postgresql"
        tar -C "$root" -cf "$work/root.tar" .
        rm -r "$root"
        cat >"$work/Dockerfile" <<END
        FROM scratch
        ADD root.tar /
        ENV PATH=$programs:/bin PGDATA=/var/lib/postgresql/data
        USER 999:999
        VOLUME /var/lib/postgresql/data
        STOPSIGNAL SIGINT
        ENTRYPOINT ["/bin/entrypoint"]
        END
        docker build -t "$1" "$work"
        """;

    /// <summary>Gives an engine the image under this name; takes it a few seconds.</summary>
    public static Task ImportAsync(DockerHost host, string name, CancellationToken token) =>
        Command.RunAsync("/bin/bash", host.CommandLine, TimeSpan.FromMinutes(2), token, "-c", Make, "sh", name);
}
