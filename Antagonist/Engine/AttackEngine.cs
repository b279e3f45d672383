using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Docker.DotNet;
using Docker.DotNet.Models;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Silo.Docker;

namespace HmsOrleans.Antagonist.Engine;

/// <summary>
/// The Docker engine of this machine, for the attacker. Every call ends: with an answer, with <see cref="EngineRefusedException"/>, or within
/// its time limit with <see cref="EngineSilentException"/>.
/// </summary>
/// <param name="endpoint">unix:///...</param>
internal sealed class AttackEngine(Uri endpoint) : IDisposable
{
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ActLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly DockerClient _client = new DockerClientBuilder().WithEndpoint(endpoint).WithTimeout(Timeout.InfiniteTimeSpan).Build();

    /// <summary>All containers, stopped ones too.</summary>
    public async Task<ImmutableArray<ListedContainer>> ListAsync(CancellationToken cancellationToken)
    {
        var containers = await Call(token => _client.Containers.ListContainersAsync(new ContainersListParameters { All = true }, token), ReadLimit, cancellationToken);
        return
        [
            .. containers.Select(container => new ListedContainer(
                container.ID,
                container.Names is [var name, ..] ? name.TrimStart('/') : "",
                Sorted(container.Labels),
                container.State is "running" or "paused",
                container.HostConfig?.NetworkMode ?? "",
                Addresses(container.NetworkSettings?.Networks),
                [.. (container.Ports ?? []).Select(port => (int)(port.PublicPort ?? 0)).Where(port => port > 0).Distinct()])),
        ];
    }

    /// <summary>A container; null when there is none of that id or name.</summary>
    public async Task<Victim?> InspectAsync(string containerId, CancellationToken cancellationToken)
    {
        try
        {
            return Describe(await Call(token => _client.Containers.InspectContainerAsync(containerId, token), ReadLimit, cancellationToken));
        }
        catch (EngineRefusedException e) when (e.InnerException is DockerContainerNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Starts it; one that runs goes on.</summary>
    public Task StartAsync(string containerId, CancellationToken cancellationToken) =>
        Call(token => _client.Containers.StartContainerAsync(containerId, new ContainerStartParameters(), token), StartLimit, cancellationToken);

    /// <summary>Stops it with its own signal, and kills it when its own timeout is over; returns when it is down.</summary>
    /// <param name="containerId">Which.</param>
    /// <param name="stopTimeout">Its own timeout; only for how long the answer is waited for.</param>
    /// <param name="cancellationToken">Ends the waiting: the engine carries on.</param>
    public Task StopAsync(string containerId, TimeSpan stopTimeout, CancellationToken cancellationToken) =>
        Call(token => _client.Containers.StopContainerAsync(containerId, new ContainerStopParameters(), token), stopTimeout + ActLimit, cancellationToken);

    /// <summary>Kills its main process.</summary>
    public Task KillAsync(string containerId, CancellationToken cancellationToken) =>
        Call(token => _client.Containers.KillContainerAsync(containerId, new ContainerKillParameters(), token), ActLimit, cancellationToken);

    public Task PauseAsync(string containerId, CancellationToken cancellationToken) =>
        Call(token => _client.Containers.PauseContainerAsync(containerId, token), ActLimit, cancellationToken);

    public Task UnpauseAsync(string containerId, CancellationToken cancellationToken) =>
        Call(token => _client.Containers.UnpauseContainerAsync(containerId, token), ActLimit, cancellationToken);

    /// <summary>Takes it off a network.</summary>
    public Task DisconnectAsync(string containerId, string network, CancellationToken cancellationToken) =>
        Call(token => _client.Networks.DisconnectNetworkAsync(network, new NetworkDisconnectParameters { Container = containerId }, token), ActLimit, cancellationToken);

    /// <summary>Gives it its place on a network back.</summary>
    public Task ConnectAsync(string containerId, NetworkSeat seat, CancellationToken cancellationToken) =>
        Call(token => _client.Networks.ConnectNetworkAsync(seat.Reference, NetworkSeats.Connection(containerId, seat), token), ActLimit, cancellationToken);

    /// <summary>Hands over events of containers, and that they are connected to networks, in order, until the stream ends; whatever ends it, it has to be opened again.</summary>
    /// <param name="since">From when on, as far as the engine remembers.</param>
    /// <param name="sink">Called on the thread that reads the stream.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task WatchAsync(DateTimeOffset since, Action<ContainerEvent> sink, CancellationToken cancellationToken)
    {
        var parameters = new ContainerEventsParameters
        {
            Since = string.Create(CultureInfo.InvariantCulture, $"{since.ToUnixTimeSeconds()}.{since.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick:000000000}"),
            Filters = new Dictionary<string, IDictionary<string, bool>> { ["type"] = new Dictionary<string, bool> { ["container"] = true, ["network"] = true } },
        };
        try
        {
            await _client.System.MonitorEventsAsync(parameters, new EventSink(sink), cancellationToken);
        }
        catch (Exception e) when (Meaning(e) is { } meaning)
        {
            throw meaning;
        }
    }

    public void Dispose() => _client.Dispose();

    private Task<bool> Call(Func<CancellationToken, Task> call, TimeSpan timeLimit, CancellationToken cancellationToken) =>
        Call(async token =>
        {
            await call(token);
            return true;
        }, timeLimit, cancellationToken);

    private async Task<T> Call<T>(Func<CancellationToken, Task<T>> call, TimeSpan timeLimit, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeLimit);
        try
        {
            return await call(limit.Token).WaitAsync(limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EngineSilentException(string.Create(CultureInfo.InvariantCulture, $"the engine did not answer within {timeLimit.TotalSeconds:0.#} s"), e);
        }
        catch (Exception e) when (Meaning(e) is { } meaning)
        {
            throw meaning;
        }
    }

    private Exception? Meaning(Exception e) => e switch
    {
        DockerApiException refused => new EngineRefusedException(refused.ResponseBody is { Length: > 0 } body ? body.Trim() : refused.Message, refused),
        HttpRequestException or IOException or SocketException or TimeoutException =>
            new EngineSilentException(File.Exists(endpoint.AbsolutePath) ? e.GetBaseException().Message : $"there is no socket {endpoint.AbsolutePath}", e),
        _ => null,
    };

    private static Victim Describe(ContainerInspectResponse answer)
    {
        var (state, config, hostConfig) = (answer.State!, answer.Config!, answer.HostConfig!);
        return new Victim
        {
            Id = answer.ID,
            Name = answer.Name!.TrimStart('/'),
            IsRunning = state is { Running: true, Restarting: false },
            IsPaused = state.Paused,
            Pid = (int)state.Pid,
            StartedAt = DateTimeOffset.TryParse(state.StartedAt, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : default,
            NetworkMode = hostConfig.NetworkMode ?? "",
            Networks = NetworkSeats.Of(answer),
            MemoryLimit = hostConfig.Memory,
            SwapLimit = hostConfig.MemorySwap,
            AutoRemove = hostConfig.AutoRemove,
            StopTimeout = config.StopTimeout is { } timeout ? TimeSpan.FromSeconds(timeout.TotalSeconds) : TimeSpan.FromSeconds(10),
        };
    }

    private static ImmutableArray<IPAddress> Addresses(IDictionary<string, EndpointSettings>? networks) =>
    [
        .. (networks?.Values ?? []).SelectMany(network => new[] { network.IPAddress, network.GlobalIPv6Address })
            .Select(text => IPAddress.TryParse(text, out var address) ? address : null).OfType<IPAddress>(),
    ];

    private static ImmutableSortedDictionary<string, string> Sorted(IDictionary<string, string>? pairs) =>
        pairs?.ToImmutableSortedDictionary(StringComparer.Ordinal) ?? ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>In the order of arrival; a <see cref="Progress{T}"/> would lose it.</summary>
    private sealed class EventSink(Action<ContainerEvent> sink) : IProgress<Message>
    {
        public void Report(Message value)
        {
            if (value is not { Actor.ID: { } id, TimeNano: { } nano, Action: { } action })
            {
                return;
            }
            var (at, attributes) = (DateTimeOffset.UnixEpoch.AddTicks(nano / TimeSpan.NanosecondsPerTick), value.Actor.Attributes ?? new Dictionary<string, string>());
            if (value.Type != "network")
            {
                sink(new(at, action, id, attributes.TryGetValue("name", out var name) ? name : ""));
            }
            else if (action == "connect" && attributes.TryGetValue("container", out var container))
            {
                sink(new(at, action, container, ""));
            }
        }
    }
}
