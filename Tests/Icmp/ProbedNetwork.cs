using System.Diagnostics;
using Xunit;

namespace HmsOrleans.Tests.Icmp;

/// <summary>
/// A network as Docker makes one: this network namespace is the host's end, another is the container. Deleted afterwards.
/// </summary>
public sealed class ProbedNetwork : IAsyncLifetime
{
    internal const string Bridge = "hms0";

    private const string PingGroupRange = "/proc/sys/net/ipv4/ping_group_range";

    private readonly string _container = $"hms-icmp-{Environment.ProcessId}";
    private string? _permitted;

    public async ValueTask InitializeAsync()
    {
        if (!IsOwn(Namespace("self"), Namespace("1") ?? Namespace("2")))
        {
            Assert.Fail("run deploy/test.sh: it gives the tests a network namespace of their own");
        }
        _permitted = await File.ReadAllTextAsync(PingGroupRange, TestContext.Current.CancellationToken);
        await RunAsync($"ip netns add {_container}");
        await RunAsync($"ip link add {Bridge} type veth peer name eth0 netns {_container}");
        await RunAsync($"ip address add 10.99.0.1/24 dev {Bridge}");
        await RunAsync($"ip address add fd00:99::1/64 dev {Bridge} nodad");
        await RunAsync($"ip link set {Bridge} up");
        await InsideAsync("ip address add 10.99.0.2/24 dev eth0");
        await InsideAsync("ip address add fd00:99::2/64 dev eth0 nodad");
        await InsideAsync("ip link set eth0 up");
    }

    public async ValueTask DisposeAsync()
    {
        if (_permitted is not null)
        {
            await File.WriteAllTextAsync(PingGroupRange, _permitted, CancellationToken.None);
            // The pair of interfaces goes with it.
            await RunAsync($"ip netns delete {_container}");
        }
    }

    /// <summary>Whether this network is surely not the machine's. What cannot be read is not known to differ.</summary>
    internal static bool IsOwn(string? own, string? machine) => own is not null && machine is not null && own != machine;

    /// <summary>Decides whether the kernel permits datagram sockets.</summary>
    internal static void PermitDatagram(bool permitted)
        => File.WriteAllText(PingGroupRange, permitted ? "0 2147483647" : "1 0");

    /// <summary>Runs a command on the host's end.</summary>
    internal static async Task RunAsync(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("sh", ["-ec", command]) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{command}: {error}");
    }

    /// <summary>Runs a command in the container.</summary>
    internal Task InsideAsync(string command) => RunAsync($"ip netns exec {_container} {command}");

    /// <summary>Loses echo requests inside the container.</summary>
    /// <param name="match">Which: options of iptables; empty for all.</param>
    internal async Task LoseAsync(string match = "")
    {
        await InsideAsync($"iptables -A INPUT {match} -j DROP");
        await InsideAsync($"ip6tables -A INPUT -p icmpv6 --icmpv6-type echo-request {match} -j DROP");
    }

    internal async Task HealAsync()
    {
        await InsideAsync("iptables -F INPUT");
        await InsideAsync("ip6tables -F INPUT");
    }

    /// <summary>The network namespace of a process. A sandbox may hide that of process 1 even from root; 2 is the kernel's own.</summary>
    private static string? Namespace(string process)
    {
        try
        {
            return new FileInfo($"/proc/{process}/ns/net").LinkTarget;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
