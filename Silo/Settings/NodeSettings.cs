using System.Text.RegularExpressions;

namespace HmsOrleans.Silo.Settings;

/// <summary>All settings of a node: what <c>--help</c> shows, and what a misspelt one is compared with.</summary>
internal static class NodeSettings
{
    public static IReadOnlyList<NodeSetting> All { get; } =
    [
        new("Hms:Host:Address", "the machine's first IPv4 address", "name of this Docker host in every call"),
        new("Hms:DataDirectory", "/var/lib/hms-orleans; without root ~/.local/share/hms-orleans", "where settings made by hand are kept"),
        new("Hms:Docker:Endpoint", "DOCKER_HOST, else unix:///var/run/docker.sock", "socket of the engine"),
        new("Hms:Probe:Count", "20", "probes in a burst"),
        new("Hms:Probe:Interval", "00:00:00.010", "between two probes of a burst"),
        new("Hms:Probe:Timeout", "00:00:00.100", "a probe not answered by then is lost"),
        new("Hms:Probe:Period", "00:00:00.250", "between two probes of a healthy container"),
        new("Hms:Health:Threshold", "60", "percent of packet loss above which a container is restarted"),
        new("Hms:Health:StartGrace", "00:00:02", "after a start, loss is not held against a container for so long"),
        new("Hms:Health:RecoveredAfter", "00:00:10", "unbroken health that makes a recovery one"),
        new("Hms:Health:BackOff", "00:00:01", "wait after the first failed recovery, doubled by each further one"),
        new("Hms:Health:MaxBackOff", "00:01:00", "longest wait"),
        new("Hms:Health:QuarantineAfter", "10", "failed recoveries after which a container is left to a person"),
        new("Hms:Health:QuarantineWindow", "00:10:00", "time within which they count"),
        new("Hms:Health:ConcurrentRestarts", "4", "starts at the same time, as many restarts, and as many connections to networks"),
        new("Hms:Controller:AggregationWindow", "00:00:00.500", "time over which a host collects measurements before it tells of them"),
        new("Hms:Controller:Heartbeat", "00:00:10", "between two signs of life of a host"),
        new("Hms:Controller:OfflineAfter", "00:00:30", "without one for so long a host is offline"),
        new("Hms:Hosts:AutoRegister", "true", "a host is under supervision as soon as its node runs; else once it is PUT there"),
        new("Hms:History:Retention", "30.00:00:00", "for so long incidents are remembered, 1 hour to 5 years"),
        new("Hms:RabbitMq:Uri", "none: no commands that way", "broker for commands of other programs, amqp://host or amqps://host"),
        new("Hms:RabbitMq:UserName", "as in Uri, else guest", "whom the broker knows us as"),
        new("Hms:RabbitMq:Password", "as in Uri, else guest", "and the password for it"),
        new("Hms:RabbitMq:CertificateAuthority", "those that the machine trusts", "file (PEM) with who may have signed the broker's certificate"),
        new("Hms:RabbitMq:ClientCertificate", "none", "file (PEM) with our certificate and its key"),
        new("Hms:RabbitMq:ReportDialect", "false", "understand programs written for the report's system, too"),
        new("Hms:Notifications:After", "00:00:10", "an incident is told to people when it is not mended after so long"),
        new("Hms:Notifications:All", "false", "tell of each incident at once, also when it is mended in the blink of an eye"),
        new("Hms:Notifications:MaxPerMinute", "10", "messages in a minute at most: what is more is put together"),
        new("Hms:Notifications:Channels:0:Name", "none: nobody is told", "name of a way on which people are told; :1:, :2: and so on for more"),
        new("Hms:Notifications:Channels:0:Type", "", "webhook, slack, discord, ntfy, gotify or email"),
        new("Hms:Notifications:Channels:0:Url", "", "where to; smtp://host:587 or smtps://host:465 for email"),
        new("Hms:Notifications:Channels:0:Secret", "none: not signed", "webhook: the key of its signatures, at least 16 characters"),
        new("Hms:Notifications:Channels:0:Token", "none", "webhook, ntfy, gotify: what the receiver knows us by"),
        new("Hms:Notifications:Channels:0:User", "none", "email: whom the mail server knows us as"),
        new("Hms:Notifications:Channels:0:Password", "none", "email: and the password for it"),
        new("Hms:Notifications:Channels:0:From", "", "email: the sender's address"),
        new("Hms:Notifications:Channels:0:To", "", "email: the receivers' addresses, with commas between them"),
        new("Hms:Api:Keys:0:Name", "none: this machine only", "whose key it is; :1:, :2: and so on for more"),
        new("Hms:Api:Keys:0:Key", "", "the secret, at least 16 characters"),
        new("Hms:Api:Keys:0:Role", "", "viewer (may read), operator (may change things too) or chaos (may have containers attacked, too)"),
        new("Hms:Telemetry:OtlpEndpoint", "OTEL_EXPORTER_OTLP_ENDPOINT, else none", "where metrics and traces are sent by OTLP (gRPC), http://host:4317"),
        new("Hms:Api:MaxViewers", "500", "pages and programs that may follow the events at the same time"),
        new("Hms:Api:PublicBadges", "false", "badges need no key, and pages of other sites may show them"),
        new("Hms:Api:Proxies", "none: this machine's alone", "proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses and networks, with commas between them"),
    ];

    /// <summary>What <c>--help</c> prints.</summary>
    public static string Help { get; } = $"""
        HmsOrleans.Silo [--Section:Setting=value ...]

        Keeps the containers of this machine's Docker engine alive, and serves the API and the page at ASPNETCORE_URLS
        (http://127.0.0.1:8080). Ctrl-C or SIGTERM ends it. Exit codes: 0 ended, 1 a setting is wrong or a port is taken, 2 a fault,
        70 and 71 start me again (it lost its place in the cluster; it can join it, or has to be alone, from now on).

        Settings are given here, in the environment (Hms__Health__Threshold=80) or in appsettings.json:

        {string.Join(Environment.NewLine, All.Select(setting => $"  {setting.Key,-36} {setting.Meaning}{(setting.Default.Length == 0 ? "" : $" ({setting.Default})")}"))}

        Orleans' own settings: Orleans:Endpoints:SiloPort (11111) and :GatewayPort (30000). To join a cluster, the same on all nodes:
        Orleans:ClusterId, Orleans:Clustering:ProviderType=AdoNet, Orleans:Clustering:Invariant=Npgsql and
        Orleans:Clustering:ConnectionString=Host=...;Database=...;Username=...;Password=... (deploy/cluster-store.sql prepares it).
        """;

    /// <summary>What is wrong with settings that are none, one sentence each; a misspelt one would else be ignored in silence.</summary>
    public static IReadOnlyList<string> Unknown(IConfiguration configuration) =>
        [.. configuration.GetSection("Hms").AsEnumerable()
            // A single text for the keys has a message of its own.
            .Where(entry => entry.Value is { Length: > 0 } && entry.Key != "Hms:Api:Keys" && !All.Any(setting => setting.Key.Equals(General(entry.Key), StringComparison.OrdinalIgnoreCase)))
            .Select(entry => $"{entry.Key} is no setting; --help lists all. Meant was perhaps {Nearest(entry.Key).Key}.")];

    /// <summary>What goes on as it begins, else what looks most like it.</summary>
    private static NodeSetting Nearest(string key) => All.MinBy(setting => (!setting.Key.StartsWith(key, StringComparison.OrdinalIgnoreCase), Distance(setting.Key, key)))!;

    /// <summary>Every entry of a list is like its first.</summary>
    private static string General(string key) => Regex.Replace(key, @":\d+:", ":0:");

    /// <summary>Levenshtein's: how many characters have to be put in, left out or changed.</summary>
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var changed = diagonal + (char.ToLowerInvariant(one[i - 1]) == char.ToLowerInvariant(other[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}

/// <summary>A setting of a node.</summary>
internal sealed record NodeSetting(string Key, string Default, string Meaning);
