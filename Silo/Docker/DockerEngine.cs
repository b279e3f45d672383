using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Docker.DotNet;
using Docker.DotNet.Models;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Incidents;
using Microsoft.Extensions.Options;

namespace HmsOrleans.Silo.Docker;

/// <summary>The Docker engine of this machine. Every call has a time limit; whatever keeps an answer from coming is silence.</summary>
internal sealed class DockerEngine : IContainerEngine, IDisposable
{
    private static readonly TimeSpan PingLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    /// <summary>The engine takes the last lines first, and then leaves out those that are too late.</summary>
    private const string LinesAskedFor = "1000";

    private readonly DockerClient _client;
    private readonly string _socket;
    private ImmutableHashSet<string> _bridges = [];

    public DockerEngine(IOptions<DockerOptions> options)
    {
        var endpoint = new Uri(options.Value.Endpoint);
        _socket = endpoint.AbsolutePath;
        _client = new DockerClientBuilder().WithEndpoint(endpoint).WithTimeout(Timeout.InfiniteTimeSpan).Build();
    }

    public Task StartAsync(string containerId, CancellationToken cancellationToken) =>
        Call(token => _client.Containers.StartContainerAsync(containerId, new ContainerStartParameters(), token), StartLimit, cancellationToken);

    public Task RestartAsync(string containerId, TimeSpan? stopTimeout, TimeSpan timeLimit, CancellationToken cancellationToken)
    {
        // The client library drops a wait of 0 from the query, which would mean 10 s. A kill and a start instead would destroy a
        // container that the engine removes at its end.
        var parameters = new ContainerRestartParameters { WaitBeforeKillSeconds = stopTimeout is { } wait ? (uint)Math.Max(1, Math.Ceiling(wait.TotalSeconds)) : null };
        return Call(async token =>
        {
            await _client.Containers.RestartContainerAsync(containerId, parameters, token);
            return true;
        }, timeLimit, cancellationToken);
    }

    public async Task ConnectAsync(string containerId, ImmutableArray<NetworkSeat> seats, CancellationToken cancellationToken)
    {
        EngineRefusedException? refusal = null;
        foreach (var seat in seats)
        {
            try
            {
                await Call(async token =>
                {
                    await _client.Networks.ConnectNetworkAsync(seat.Reference, NetworkSeats.Connection(containerId, seat), token);
                    return true;
                }, StartLimit, cancellationToken);
            }
            catch (EngineRefusedException e)
            {
                // Somebody else may have connected it meanwhile.
                refusal = await IsOnAsync(containerId, seat, cancellationToken) ? refusal : e;
            }
        }
        if (refusal is not null)
        {
            throw refusal;
        }
    }

    public Task<EngineContainer?> InspectAsync(string containerId, CancellationToken cancellationToken) => InspectAsync(containerId, ReadLimit, cancellationToken);

    /// <summary>The same within a time limit of the caller's own.</summary>
    public async Task<EngineContainer?> InspectAsync(string containerId, TimeSpan timeLimit, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await Call(token => _client.Containers.InspectContainerAsync(containerId, token), timeLimit, cancellationToken);
            return await Describe(answer, cancellationToken);
        }
        catch (EngineRefusedException e) when (e.InnerException is DockerContainerNotFoundException)
        {
            return null;
        }
    }

    public async Task<IncidentCapture> CaptureAsync(string containerId, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var answer = await Call(token => _client.Containers.InspectContainerAsync(containerId, token), ReadLimit, cancellationToken);
        var lines = new LastLines();
        await Call(async token =>
        {
            var parameters = new ContainerLogsParameters { ShowStdout = true, ShowStderr = true, Tail = LinesAskedFor, Until = UnixTime(until) };
            await _client.Containers.GetContainerLogsAsync(containerId, parameters, lines, token);
            return true;
        }, ReadLimit, cancellationToken);
        var state = answer.State!;
        var running = state is { Running: true, Restarting: false };
        return new(until, lines.ToImmutable(), state.Health?.Log?.LastOrDefault()?.Output?.Trim(), running ? null : (int)state.ExitCode, !running && state.OOMKilled, Memory: null);
    }

    /// <summary>Returns when the engine answers, within a second.</summary>
    /// <exception cref="EngineSilentException">It does not.</exception>
    public Task PingAsync(CancellationToken cancellationToken)
    {
        // A pooled connection would outlive the socket's file and hide that no new one can be made.
        return File.Exists(_socket)
            ? Call(async token =>
            {
                await _client.System.PingAsync(token);
                return true;
            }, PingLimit, cancellationToken)
            : throw new EngineSilentException(NoSocket);
    }

    /// <summary>All containers, stopped ones too, in the engine's short form.</summary>
    public Task<IList<ContainerListResponse>> ListAsync(CancellationToken cancellationToken) =>
        Call(token => _client.Containers.ListContainersAsync(new ContainersListParameters { All = true }, token), ReadLimit, cancellationToken);

    /// <summary>Hands over events of containers and networks until the stream ends.</summary>
    /// <exception cref="EngineRefusedException">The engine tells no events.</exception>
    public async Task WatchAsync(DateTimeOffset since, IProgress<Message> events, CancellationToken cancellationToken)
    {
        var parameters = new ContainerEventsParameters
        {
            Since = UnixTime(since),
            Filters = new Dictionary<string, IDictionary<string, bool>> { ["type"] = new Dictionary<string, bool> { ["container"] = true, ["network"] = true } },
        };
        try
        {
            await _client.System.MonitorEventsAsync(parameters, events, cancellationToken);
        }
        catch (DockerApiException e)
        {
            throw Refused(e);
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<bool> IsOnAsync(string containerId, NetworkSeat seat, CancellationToken cancellationToken) =>
        await InspectAsync(containerId, cancellationToken) is { } container && container.Networks.Any(there => there.Reference == seat.Reference);

    /// <summary>Seconds and nanoseconds, as the engine wants to be told.</summary>
    private static string UnixTime(DateTimeOffset at) =>
        string.Create(CultureInfo.InvariantCulture, $"{at.ToUnixTimeSeconds()}.{at.Ticks % TimeSpan.TicksPerSecond * 100:000000000}");

    private static EngineRefusedException Refused(DockerApiException e) => new(e.ResponseBody is { Length: > 0 } body ? body.Trim() : e.Message, e);

    private string NoSocket => $"there is no socket {_socket}";

    private async Task<T> Call<T>(Func<CancellationToken, Task<T>> call, TimeSpan timeLimit, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeLimit);
        try
        {
            return await call(limit.Token).WaitAsync(limit.Token);
        }
        catch (DockerApiException e)
        {
            throw Refused(e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EngineSilentException($"no answer within {timeLimit.TotalSeconds:0.#} s", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or TimeoutException)
        {
            // What the system says of a missing socket, that an address cannot be assigned, says nothing to anybody.
            throw new EngineSilentException(File.Exists(_socket) ? e.GetBaseException().Message : NoSocket, e);
        }
    }

    private async Task<EngineContainer> Describe(ContainerInspectResponse answer, CancellationToken cancellationToken)
    {
        var (state, config, hostConfig) = (answer.State!, answer.Config!, answer.HostConfig!);
        var running = state is { Running: true, Restarting: false };
        return new EngineContainer
        {
            Id = answer.ID,
            Name = answer.Name!.TrimStart('/'),
            Image = config.Image,
            State = StateOf(state.Status),
            HealthCheck = HealthOf(state.Health?.Status),
            StartedAt = TimeOf(state.StartedAt),
            FinishedAt = TimeOf(state.FinishedAt),
            ExitCode = (int)state.ExitCode,
            // Engine 20.10 goes on saying it of the run before until this one has ended.
            OutOfMemory = !running && state.OOMKilled,
            Pid = (int)state.Pid,
            // A stopped container may still show an address that another one owns by now.
            Addresses = running ? await AddressesOf(answer.NetworkSettings?.Networks, cancellationToken) : [],
            NetworkMode = hostConfig.NetworkMode ?? "",
            Networks = NetworkSeats.Of(answer),
            Labels = config.Labels?.ToImmutableSortedDictionary(StringComparer.Ordinal) ?? ImmutableSortedDictionary<string, string>.Empty,
            RestartPolicy = PolicyOf(hostConfig.RestartPolicy?.Name ?? RestartPolicyKind.Undefined),
            AutoRemove = hostConfig.AutoRemove,
            StopTimeout = config.StopTimeout is { } timeout ? TimeSpan.FromSeconds(timeout.TotalSeconds) : TimeSpan.FromSeconds(10),
            EngineRestarts = (int)answer.RestartCount,
        };
    }

    /// <summary>A time that the engine does not know is of the year 1.</summary>
    private static DateTimeOffset? TimeOf(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) && at.Year > 1 ? at : null;

    private static ContainerState StateOf(string status) => status switch
    {
        "created" => ContainerState.Created,
        "running" => ContainerState.Running,
        "paused" => ContainerState.Paused,
        "restarting" => ContainerState.Restarting,
        "removing" => ContainerState.Removing,
        "exited" => ContainerState.Exited,
        "dead" => ContainerState.Dead,
        _ => throw new EngineSilentException($"it speaks of a container state '{status}' that is not known here"),
    };

    public static HealthCheck HealthOf(string? status) => status switch
    {
        "starting" => HealthCheck.Starting,
        "healthy" => HealthCheck.Healthy,
        "unhealthy" => HealthCheck.Unhealthy,
        _ => HealthCheck.None,
    };

    private static string PolicyOf(RestartPolicyKind kind) => kind switch
    {
        RestartPolicyKind.Always => "always",
        RestartPolicyKind.UnlessStopped => "unless-stopped",
        RestartPolicyKind.OnFailure => "on-failure",
        _ => "no",
    };

    /// <summary>Addresses that the host can reach by itself: on bridges. It has no way of its own into macvlan, ipvlan and overlay networks.</summary>
    private async Task<ImmutableArray<ContainerAddress>> AddressesOf(IDictionary<string, EndpointSettings>? networks, CancellationToken cancellationToken)
    {
        if (networks is null)
        {
            return [];
        }
        if (networks.Values.Any(network => network.NetworkID.Length > 0 && !_bridges.Contains(network.NetworkID)))
        {
            var known = await Call(token => _client.Networks.ListNetworksAsync(new NetworksListParameters(), token), ReadLimit, cancellationToken);
            _bridges = [.. known.Where(network => network.Driver == "bridge").Select(network => network.ID)];
        }
        var addresses = ImmutableArray.CreateBuilder<ContainerAddress>();
        foreach (var (name, network) in networks.Where(network => _bridges.Contains(network.Value.NetworkID)).OrderBy(network => network.Key, StringComparer.Ordinal))
        {
            Add(name, network.IPAddress, network.IPPrefixLen);
            Add(name, network.GlobalIPv6Address, network.GlobalIPv6PrefixLen);
        }
        return addresses.ToImmutable();

        void Add(string name, string? text, long prefixLength)
        {
            if (IPAddress.TryParse(text, out var address))
            {
                addresses.Add(new(name, address, (int)prefixLength));
            }
        }
    }
}
