using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using HmsOrleans.Tests.Engine;

namespace HmsOrleans.Tests.Broker;

/// <summary>
/// A real RabbitMQ server of the test's own, on loopback, with its own node name, ports, cookie, epmd and directory. It speaks TLS,
/// too, and there demands a certificate of its clients, whose name may be their login (EXTERNAL). Nothing of it survives <see cref="DisposeAsync"/>. Free of xunit, so that
/// the benchmarks use it too.
/// </summary>
internal sealed class BrokerProcess : IAsyncDisposable
{
    /// <summary>Debian's own wrapper would change the user, and with it the directories.</summary>
    private const string Program = "/usr/lib/rabbitmq/bin/rabbitmq-server";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static int s_count;

    private readonly Dictionary<string, string> _environment;
    private readonly Process _epmd;
    private Process? _server;

    private BrokerProcess(string directory, int number, Certificates certificates)
    {
        Directory = directory;
        Certificates = certificates;
        (Port, TlsPort) = (5700 + number, 5800 + number);
        var epmdPort = (4400 + number).ToString(CultureInfo.InvariantCulture);
        _environment = new()
        {
            // Erlang's cookie is in it; by it all of our processes are found.
            ["HOME"] = directory,
            ["RABBITMQ_NODENAME"] = $"hms{number}@localhost",
            ["RABBITMQ_DIST_PORT"] = (25700 + number).ToString(CultureInfo.InvariantCulture),
            ["RABBITMQ_MNESIA_BASE"] = $"{directory}/data",
            ["RABBITMQ_LOG_BASE"] = directory,
            ["RABBITMQ_LOGS"] = "-",
            ["RABBITMQ_PID_FILE"] = $"{directory}/pid",
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = $"{directory}/plugins",
            ["RABBITMQ_CONFIG_FILE"] = $"{directory}/rabbitmq.conf",
            ["RABBITMQ_CONF_ENV_FILE"] = $"{directory}/none", // not the machine's
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            ["ERL_EPMD_PORT"] = epmdPort,
        };
        // Ours, so that the server does not leave one behind.
        _epmd = Launch("epmd", "-port", epmdPort, "-address", "127.0.0.1");
    }

    /// <summary>Port of AMQP.</summary>
    public int Port { get; }

    /// <summary>Port of AMQP over TLS, to be called by the name <c>localhost</c>.</summary>
    public int TlsPort { get; }

    public Certificates Certificates { get; }

    public string Uri => $"amqp://127.0.0.1:{Port}";

    /// <summary>All that it has said, in all its lives.</summary>
    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    private string Directory { get; }

    private string LogFile => $"{Directory}/log";

    /// <summary>Makes a broker that does not run yet: <see cref="LaunchServer"/>.</summary>
    public static async Task<BrokerProcess> PrepareAsync(CancellationToken token)
    {
        if (!File.Exists(Program))
        {
            throw new InvalidOperationException("rabbitmq-server is missing: deploy/test.sh installs it");
        }
        var number = Interlocked.Increment(ref s_count);
        var run = Environment.GetEnvironmentVariable("HMS_TEST_RUN") ?? Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var directory = System.IO.Directory.CreateDirectory($"/tmp/hms-broker-{run}-{number}").FullName;
        var certificates = await Certificates.WriteAsync(directory, token);
        var cookie = $"{directory}/.erlang.cookie";
        await File.WriteAllTextAsync(cookie, Guid.NewGuid().ToString("N"), token);
        await Command.RunAsync("chmod", token, "400", cookie);
        await File.WriteAllTextAsync($"{directory}/plugins", "[rabbitmq_auth_mechanism_ssl].", token);
        await File.WriteAllTextAsync($"{directory}/rabbitmq.conf", $"""
            listeners.tcp.1 = 127.0.0.1:{5700 + number}
            listeners.ssl.1 = 0.0.0.0:{5800 + number}
            ssl_options.cacertfile = {certificates.Authority}
            ssl_options.certfile = {certificates.Server}
            ssl_options.keyfile = {certificates.Server}
            ssl_options.verify = verify_peer
            ssl_options.fail_if_no_peer_cert = true
            auth_mechanisms.1 = PLAIN
            auth_mechanisms.2 = AMQPLAIN
            auth_mechanisms.3 = EXTERNAL
            ssl_cert_login_from = common_name

            """, token);
        return new(directory, number, certificates);
    }

    /// <summary>Starts a broker and waits until it takes connections. 4 s on two cores.</summary>
    public static async Task<BrokerProcess> StartAsync(CancellationToken token)
    {
        var broker = await PrepareAsync(token);
        try
        {
            broker.LaunchServer();
            await broker.UntilUpAsync(token);
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it, also again with the same data, and does not wait for anything.</summary>
    public void LaunchServer() => _server = Launch("/bin/sh", "-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", LogFile, Program);

    /// <summary>Waits until it takes connections of AMQP.</summary>
    public async Task UntilUpAsync(CancellationToken token)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await TakesConnectionsAsync(token))
        {
            if (_server!.HasExited || Stopwatch.GetElapsedTime(start) > Patience)
            {
                throw new InvalidOperationException($"the broker did not start:{Environment.NewLine}{string.Join(Environment.NewLine, Log.Split('\n').TakeLast(30))}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, token);
        }
    }

    /// <summary>SIGTERM, as systemd does; waits for the end.</summary>
    public async Task StopAsync(CancellationToken token)
    {
        await Command.SignalAsync("TERM", [_server!.Id]);
        await _server.WaitForExitAsync(token);
    }

    /// <summary>Has it raise the alarm that a full disk raises, or end it: meanwhile it takes no messages. 3 s on two cores.</summary>
    public Task AlarmAsync(bool isOn, CancellationToken token) => EvaluateAsync(
        isOn ? "rabbit_alarm:set_alarm({{resource_limit, disk, node()}, []})." : "rabbit_alarm:clear_alarm({resource_limit, disk, node()}).", token);

    /// <summary>Has a plain queue do nothing, as one without a leader does, or go on: meanwhile what is published to it is not confirmed.</summary>
    public Task SuspendAsync(string queue, bool isOn, CancellationToken token) => EvaluateAsync(
        $$"""{ok, Q} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"{{queue}}">>)), sys:{{(isOn ? "suspend" : "resume")}}(amqqueue:get_pid(Q)).""", token);

    /// <summary>Nothing goes to it or comes from it, as if a cable were out; of all in this network namespace. Call again to mend that.</summary>
    public async Task CutAsync(bool isCut, CancellationToken token)
    {
        foreach (var direction in (string[])["--dport", "--sport"])
        {
            await Command.RunAsync("iptables", token, "-w", isCut ? "-I" : "-D", "INPUT", "-i", "lo", "-p", "tcp", direction, Port.ToString(CultureInfo.InvariantCulture), "-j", "DROP");
        }
    }

    /// <summary>kill -9 of the server and all that it started.</summary>
    public async Task KillAsync()
    {
        // epmd stays: it belongs to the machine rather than to the server.
        while (Running().Where(process => process != _epmd.Id).ToList() is { Count: > 0 } left)
        {
            await Command.SignalAsync("KILL", left);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        while (Running() is { Count: > 0 } left)
        {
            await Command.SignalAsync("KILL", left);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
        _server?.Dispose();
        _epmd.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private Task<string> EvaluateAsync(string erlang, CancellationToken token) =>
        Command.RunAsync("/usr/lib/rabbitmq/bin/rabbitmqctl", _environment, Patience, token, "eval", erlang);

    /// <summary>All processes with our home: Erlang's machine, its helpers, epmd. Those that ended, and were not yet waited for, have none.</summary>
    private List<int> Running()
    {
        var mark = Encoding.UTF8.GetBytes($"\0HOME={Directory}\0");
        return [.. System.IO.Directory.EnumerateDirectories("/proc").Select(path => int.TryParse(Path.GetFileName(path), out var id) ? id : 0).Where(IsOurs)];

        bool IsOurs(int process)
        {
            try
            {
                return process > 0 && ((byte[])[0, .. File.ReadAllBytes($"/proc/{process}/environ")]).AsSpan().IndexOf(mark) >= 0;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false; // it ended meanwhile, or is nobody's
            }
        }
    }

    /// <remarks>The port alone would not do: it is open before the server lets anybody in.</remarks>
    private async Task<bool> TakesConnectionsAsync(CancellationToken token)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", Port, token);
            var stream = client.GetStream();
            await stream.WriteAsync("AMQP\0\0\t\u0001"u8.ToArray(), token);
            return await stream.ReadAsync(new byte[1], token) == 1; // connection.start
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }

    private Process Launch(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments);
        start.Environment.Remove("NOTIFY_SOCKET");
        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }
        return Process.Start(start)!;
    }
}
