using System.Collections.Immutable;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using HmsOrleans.Antagonist.Engine;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace HmsOrleans.Antagonist.Agent;

/// <summary>What the cluster lives on, its database and its broker, as the settings name them: should they be containers of this host, they are never attacked.</summary>
internal sealed class Lifelines
{
    /// <summary>Longest wait for a name; what it stood for before holds on.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;
    private volatile IReadOnlyList<Lifeline> _lines;

    private Lifelines(IReadOnlyList<Lifeline> lines, Func<string, CancellationToken, Task<IPAddress[]>> resolve) => (_lines, _resolve) = (lines, resolve);

    /// <summary>Those whose address could not be found out, so that a container would not be recognised as one of them.</summary>
    public IEnumerable<string> Unknown => _lines.Where(line => line.Addresses.IsEmpty).Select(line => line.Host);

    /// <summary>Finds out where they are.</summary>
    /// <param name="configuration">What names them.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="resolve">Finds out the addresses of a name; null: by the system's resolver.</param>
    /// <exception cref="FormatException">A setting cannot be read.</exception>
    public static async Task<Lifelines> FindAsync(
        IConfiguration configuration, CancellationToken cancellationToken, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
    {
        var found = new Lifelines([.. Named(configuration).Select(line => new Lifeline(line.Host, line.Port, [], IsHere: false))], resolve ?? Dns.GetHostAddressesAsync);
        await found.ResolveAsync(cancellationToken);
        return found;
    }

    /// <summary>Finds out anew where they are: what was started again may have another address.</summary>
    public Task RefreshAsync(CancellationToken cancellationToken) =>
        _lines.All(line => IPAddress.TryParse(line.Host, out _)) ? Task.CompletedTask : ResolveAsync(cancellationToken);

    /// <summary>Whether it is one of them: it has its address, or this host's port to it.</summary>
    public bool Include(ListedContainer container) => _lines.Any(line =>
        container.Addresses.Any(line.Addresses.Contains) || (line.IsHere && container.PublishedPorts.Contains(line.Port)));

    private static IEnumerable<(string Host, int Port)> Named(IConfiguration configuration)
    {
        if (configuration["Orleans:Clustering:ConnectionString"] is { Length: > 0 } text)
        {
            var (hosts, port) = Database(text);
            foreach (var host in hosts.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                yield return IPEndPoint.TryParse(host, out var both) && both.Port > 0 ? (both.Address.ToString(), both.Port)
                    : host.Split(':') is [var name, var ownPort] && int.TryParse(ownPort, out var number) ? (name, number)
                    : (host, port);
            }
        }
        if (configuration["Hms:RabbitMq:Uri"] is { Length: > 0 } broker)
        {
            var uri = new Uri(broker);
            yield return (uri.DnsSafeHost, uri.IsDefaultPort ? uri.Scheme == "amqps" ? 5671 : 5672 : uri.Port);
        }
    }

    private static (string Hosts, int Port) Database(string connectionString)
    {
        try
        {
            var database = new NpgsqlConnectionStringBuilder(connectionString);
            return (database.Host ?? "", database.Port);
        }
        catch (ArgumentException e) // Its message may repeat the password.
        {
            throw new FormatException($"Orleans:Clustering:ConnectionString cannot be read ({e.GetType().Name}): it must be one for PostgreSQL, as Host=10.0.0.5;Database=hms;Username=hms", e);
        }
    }

    private async Task ResolveAsync(CancellationToken cancellationToken)
    {
        var own = NetworkInterface.GetAllNetworkInterfaces().SelectMany(network => network.GetIPProperties().UnicastAddresses).Select(unicast => unicast.Address).ToHashSet();
        _lines = await Task.WhenAll(_lines.Select(async line =>
        {
            try
            {
                var addresses = await _resolve(line.Host, cancellationToken).WaitAsync(Limit, cancellationToken);
                return line with { Addresses = [.. addresses], IsHere = addresses.Any(address => IPAddress.IsLoopback(address) || own.Contains(address)) };
            }
            catch (Exception e) when (e is SocketException or TimeoutException)
            {
                return line; // told by Unknown when it never had any
            }
        }));
    }

    private sealed record Lifeline(string Host, int Port, ImmutableArray<IPAddress> Addresses, bool IsHere);
}
