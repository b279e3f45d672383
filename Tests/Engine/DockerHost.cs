using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using System.Net;

namespace HmsOrleans.Tests.Engine;

/// <summary>
/// A real Docker engine of the test's own (dockerd and its containerd), with everything that can happen to one: killed, started
/// again, frozen, its socket gone, its containers losing packets. Nothing of it survives <see cref="DisposeAsync"/>.
/// Containers are reachable from the test process, for both live in one network namespace, which deploy/test.sh provides.
/// Free of xunit, so that the benchmarks use it too.
/// </summary>
internal sealed class DockerHost : IAsyncDisposable
{
    public const string IdleImage = "hms-idle:latest";

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(60);
    private static int s_count;

    private readonly Remains _remains;
    private readonly string _bridge;
    private readonly HttpClient _http;
    private readonly Process _containerd;
    private Process _dockerd;

    private DockerHost(Remains remains, string bridge)
    {
        (_remains, _bridge) = (remains, bridge);
        _http = EngineHttp.To(SocketPath, Timeout.InfiniteTimeSpan);
        _containerd = Launch("containerd", "--config", $"{RunDirectory}/containerd.toml", "--log-level", "warn");
        _dockerd = LaunchDockerd(liveRestore: false);
    }

    /// <summary>The endpoint, as DOCKER_HOST takes it: unix:///run/hms-test/.../docker.sock.</summary>
    public string Socket => $"unix://{SocketPath}";

    public string SocketPath => $"{RunDirectory}/docker.sock";

    public string RunDirectory => _remains.RunDirectory;

    /// <summary>The log of dockerd and containerd.</summary>
    public string LogFile => $"{RunDirectory}/engine.log";

    public int DockerdPid => _dockerd.Id;

    /// <summary>The environment in which the docker command line speaks to this engine.</summary>
    public IReadOnlyDictionary<string, string> CommandLine => new Dictionary<string, string>
    {
        ["DOCKER_HOST"] = Socket,
        ["DOCKER_BUILDKIT"] = "0",
        ["DOCKER_CONFIG"] = $"{RunDirectory}/cli", // nobody's contexts or credential helpers
    };

    private string HiddenPath => SocketPath + ".hidden";

    /// <summary>Starts an engine and waits until it answers and has the idle image. 2 s on two cores.</summary>
    public static async Task<DockerHost> StartAsync(CancellationToken token)
    {
        RefuseRootNamespace();
        RequirePrograms();

        var remains = new Remains($"{Environment.GetEnvironmentVariable("HMS_TEST_RUN") ?? Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}-{Interlocked.Increment(ref s_count)}");
        Directory.CreateDirectory(remains.RunDirectory);
        Directory.CreateDirectory(remains.DataDirectory);
        await File.WriteAllTextAsync($"{remains.RunDirectory}/daemon.json", "{}", token);
        await File.WriteAllTextAsync($"{remains.RunDirectory}/containerd.toml", $"""
            version = 2
            root = "{remains.DataDirectory}/containerd"
            state = "{remains.RunDirectory}/containerd"
            disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs"]
            [grpc]
              address = "{remains.RunDirectory}/containerd.sock"
            [plugins."io.containerd.internal.v1.opt"]
              path = "{remains.DataDirectory}/opt"
            """, token);

        var host = new DockerHost(remains, await AddBridgeAsync(token));
        try
        {
            await host.UntilUpAsync(token);
            await host.ImportIdleImageAsync(token);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes everything down in well under a second, whatever state it is in; waits for nobody's stop timeout.</summary>
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _remains.ClearAsync();
        await Task.WhenAll(_dockerd.WaitForExitAsync(), _containerd.WaitForExitAsync());
        _dockerd.Dispose();
        _containerd.Dispose();
        if (Remains.Interfaces().Contains(_bridge))
        {
            await Command.RunAsync("ip", CancellationToken.None, "link", "del", _bridge);
        }
    }

    /// <summary>kill -9 of dockerd. Its containers and its containerd live on, as on a host where systemd runs them.</summary>
    public async Task KillAsync(CancellationToken token)
    {
        if (!_dockerd.HasExited)
        {
            _dockerd.Kill();
            await _dockerd.WaitForExitAsync(token);
        }
    }

    /// <summary>
    /// dockerd is killed if it still runs, and starts again. With live-restore the containers run on; without it they are
    /// stopped by the engine that starts, and only those with a restart policy come back.
    /// </summary>
    public async Task RestartAsync(bool liveRestore, CancellationToken token)
    {
        await KillAsync(token);
        _dockerd.Dispose();
        // A dead socket would only make the first calls fail differently; a pid file with a recycled pid would stop dockerd.
        File.Delete(SocketPath);
        File.Delete(HiddenPath);
        File.Delete($"{RunDirectory}/docker.pid");
        _dockerd = LaunchDockerd(liveRestore);
        await UntilUpAsync(token);
    }

    /// <summary>SIGSTOP: connections are still accepted, by the kernel, but no call is answered.</summary>
    public Task FreezeAsync(CancellationToken token) => Command.FreezeAsync(_dockerd.Id, token);

    public Task ThawAsync() => Command.SignalAsync("CONT", [_dockerd.Id]);

    /// <summary>New calls find no socket (ENOENT); connections already open go on.</summary>
    public void HideSocket() => File.Move(SocketPath, HiddenPath);

    public void ShowSocket() => File.Move(HiddenPath, SocketPath);

    /// <summary>The docker command line against this engine: what it prints, or an exception with what it complains about.</summary>
    public Task<string> Docker(CancellationToken token, params string[] args)
        => Command.RunAsync("docker", CommandLine, CommandPatience, token, args);

    /// <summary>
    /// Runs an idle container that ends at once on SIGTERM and answers ping; returns its full id.
    /// Options are those of <c>docker run</c>; the image has all of busybox (sh, ping, wget, httpd, ...).
    /// </summary>
    public Task<string> RunContainerAsync(string name, CancellationToken token, params string[] options)
        => Docker(token, ["run", "-d", "--name", name, .. options, IdleImage]);

    /// <summary>Its process 1, seen from the host; throws when it is not running.</summary>
    public async Task<int> PidOf(string name, CancellationToken token)
        => int.Parse(await Docker(token, "inspect", "-f", "{{.State.Pid}}", name), CultureInfo.InvariantCulture) is > 0 and var pid
            ? pid
            : throw new InvalidOperationException($"{name} is not running: it has no process");

    /// <summary>Waits until its process 1 has said what SIGTERM is to do: one that has only just begun would not hear it.</summary>
    public async Task UntilItHearsAsync(string name, CancellationToken token)
    {
        while (!Hears(await PidOf(name, token)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, token);
        }

        static bool Hears(int pid)
        {
            var caught = File.ReadLines($"/proc/{pid}/status").Single(line => line.StartsWith("SigCgt:", StringComparison.Ordinal)).Split('\t')[1];
            return (ulong.Parse(caught, NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (1UL << (15 - 1))) != 0;
        }
    }

    /// <summary>Its address on its first network.</summary>
    public async Task<IPAddress> AddressOf(string name, CancellationToken token)
        => IPAddress.Parse((await Docker(token, "inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", name)).Split(' ')[0]);

    /// <summary>Removes all containers, running or not, and the networks that tests made.</summary>
    /// <param name="token">Ends the waiting.</param>
    /// <param name="kept">Names of containers that stay.</param>
    public async Task RemoveAllAsync(CancellationToken token, params string[] kept)
    {
        while (await OthersAsync() is { Length: > 0 } all)
        {
            try
            {
                await Docker(token, ["rm", "-f", "-v", .. all]);
            }
            catch (InvalidOperationException e) when (e.Message.Contains("already in progress", StringComparison.Ordinal))
            {
                // The engine itself removes it (--rm); the next look tells when it is gone.
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, token);
            }
        }

        await Docker(token, "network", "prune", "-f");

        async Task<string[]> OthersAsync() =>
            [.. (await Docker(token, "ps", "-a", "--format", "{{.Names}}")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Except(kept)];
    }

    /// <summary>
    /// From now on this share of what is sent to the container is lost, silently: 0.6 is 60 %. Ends with the container's run.
    /// Loss adds to loss: stop it before asking for another.
    /// </summary>
    public async Task DropPacketsAsync(string name, double probability, CancellationToken token)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(probability);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(probability, 1);
        string[] chance = probability < 1
            ? ["-m", "statistic", "--mode", "random", "--probability", probability.ToString("0.######", CultureInfo.InvariantCulture)]
            : [];
        await InNetworkOfAsync(name, ["iptables", "-w", "-I", "INPUT", .. chance, "-j", "DROP"], token);
    }

    public Task StopDroppingAsync(string name, CancellationToken token)
        => InNetworkOfAsync(name, ["iptables", "-w", "-F", "INPUT"], token);

    /// <summary>
    /// All events of the engine from this moment on: listening already when the task completes, so what is done after it is
    /// never missed. The sequence ends when the engine does.
    /// </summary>
    public Task<IAsyncEnumerable<EngineEvent>> EventsAsync(CancellationToken token) =>
        // The engine sends its headers just before it subscribes: to ask from now on closes that gap.
        EventStream.OpenAsync(_http, TimeProvider.System.GetUtcNow(), token);

    private static void RefuseRootNamespace()
    {
        // Not everybody called root may look at process 1 (CAP_SYS_PTRACE): then kthreadd will do. Unknown counts as root's.
        var root = Namespace(1) ?? (Comm(2) == "kthreadd" ? Namespace(2) : null);
        if (root is null || root == Namespace(Environment.ProcessId))
        {
            throw new InvalidOperationException("run deploy/test.sh: it gives the tests a network namespace of their own");
        }

        static string? Comm(int pid) => File.Exists($"/proc/{pid}/comm") ? File.ReadAllText($"/proc/{pid}/comm").Trim() : null;
    }

    private static string? Namespace(int pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/ns/net").LinkTarget;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return null;
        }
    }

    private static void RequirePrograms()
    {
        foreach (var (program, package) in new[] { ("dockerd", "docker.io"), ("containerd", "containerd"), ("docker", "docker.io"), ("iptables", "iptables"), ("busybox", "busybox-static"), ("ip", "iproute2"), ("nsenter", "util-linux") })
        {
            if (Which(program) is null)
            {
                throw new InvalidOperationException($"{program} is missing: apt-get install {package} (deploy/test.sh does it)");
            }
        }
    }

    private static string? Which(string program)
        => $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':').Select(d => Path.Combine(d, program)).FirstOrDefault(File.Exists);

    /// <summary>A bridge of its own, not docker0: two engines may then live side by side in one namespace.</summary>
    private static async Task<string> AddBridgeAsync(CancellationToken token)
    {
        for (var i = 0; ; i++)
        {
            var bridge = $"hmsbr{i}";
            if (Remains.Interfaces().Contains(bridge))
            {
                continue;
            }

            // With a MAC of its own, as the engine's own bridges have: else it would take that of a container's end, change it with the
            // next container, and cut off for a second (ARP's locktime) those that had just learnt the old one.
            await Command.RunAsync("/bin/sh", token, "-c", $"ip link add {bridge} address 02:42:ac:1e:{i:x2}:01 type bridge && ip addr add 172.30.{i}.1/24 dev {bridge} && ip link set {bridge} up");
            return bridge;
        }
    }

    private Process LaunchDockerd(bool liveRestore) => Launch(
        "dockerd",
        ["-H", Socket, "--containerd", $"{RunDirectory}/containerd.sock", "--data-root", $"{_remains.DataDirectory}/docker",
        "--exec-root", $"{RunDirectory}/exec", "--pidfile", $"{RunDirectory}/docker.pid", "--config-file", $"{RunDirectory}/daemon.json",
        "--bridge", _bridge, "--exec-opt", "native.cgroupdriver=cgroupfs", "--cgroup-parent", _remains.CgroupParent,
        "--shutdown-timeout", "1", "--log-level", "warn", .. liveRestore ? ["--live-restore"] : Array.Empty<string>()]);

    private Process Launch(string program, params string[] args)
    {
        // Through a shell because .NET can send output to a pipe only, and a pipe would end with the test runner.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", LogFile, Which(program)!, .. args]);
        start.Environment.Remove("NOTIFY_SOCKET");
        return Process.Start(start)!;
    }

    private async Task UntilUpAsync(CancellationToken token)
    {
        using var limit = new CancellationTokenSource(StartPatience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(token, limit.Token);
        while (!await AnswersAsync(either.Token))
        {
            if (_dockerd.HasExited || _containerd.HasExited || limit.IsCancellationRequested)
            {
                throw new InvalidOperationException(
                    $"the engine did not start ({(_dockerd.HasExited ? "dockerd ended" : _containerd.HasExited ? "containerd ended" : "no answer in time")}):{Environment.NewLine}"
                    + string.Join(Environment.NewLine, File.ReadLines(LogFile).TakeLast(15)));
            }

            token.ThrowIfCancellationRequested();
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, token);
        }
    }

    private async Task<bool> AnswersAsync(CancellationToken token)
    {
        try
        {
            using var response = await _http.GetAsync(new Uri("_ping", UriKind.Relative), token);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false; // the caller knows how long to go on, and for whom
        }
    }

    private async Task ImportIdleImageAsync(CancellationToken token)
    {
        var archive = $"{RunDirectory}/idle.tar";
        var applets = await Command.RunAsync("busybox", token, "--list");
        await using (var file = File.Create(archive))
        await using (var tar = new TarWriter(file))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "bin/") { Mode = (UnixFileMode)0b111_101_101 });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "tmp/") { Mode = (UnixFileMode)0b111_111_111 });
            tar.WriteEntry(Which("busybox")!, "bin/busybox");
            foreach (var applet in applets.Split('\n').Where(a => a is not "busybox"))
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, $"bin/{applet}") { LinkName = "busybox" });
            }
        }

        await Docker(
            token, "import", "--change", """CMD ["/bin/sh", "-c", "trap exit TERM; while :; do sleep 3600 & wait; done"]""", archive, IdleImage);
        File.Delete(archive);
    }

    private async Task InNetworkOfAsync(string name, string[] command, CancellationToken token)
    {
        var pid = await PidOf(name, token);
        if (Namespace(pid) is var space && (space is null || space == Namespace(Environment.ProcessId)))
        {
            throw new InvalidOperationException($"{name} has no network namespace of its own: its packets are the host's");
        }

        await Command.RunAsync("nsenter", token, ["-t", pid.ToString(CultureInfo.InvariantCulture), "-n", .. command]);
    }
}
