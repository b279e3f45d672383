using System.Collections.Immutable;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Tests.Api;

/// <summary>A host's grain without an engine.</summary>
internal sealed class FakeHost(string address, params ContainerView[] containers) : IHostManagerGrain
{
    public FakeAntagonist Antagonist { get; } = new(address);

    /// <summary>Passed by every call but <see cref="WhenSaved"/>.</summary>
    public Fault Gate { get; set; } = Faults.None;

    /// <summary>Passed by <see cref="WhenSaved"/>.</summary>
    public Fault SaveGate { get; set; } = Faults.None;

    public string? Unsaved { get; set; }

    /// <summary>How many commands of programs outside came together, each time.</summary>
    public List<int> Batches { get; } = [];

    public HostState State { get; set; } = HostState.Updated;

    public DateTimeOffset? LastHeartbeat { get; set; } = Samples.Noon;

    public HostStatus Status { get; set; } = Samples.Status;

    public List<ContainerView> Containers { get; } = [.. containers];

    public HostView View => new(address, State, LastHeartbeat, Status, [.. Containers]);

    public async Task<HostStatus> GetStatus(CancellationToken cancellationToken)
    {
        await Gate(cancellationToken);
        return Status;
    }

    public Task<ContainerCommandResult> Ignore(string container, CancellationToken cancellationToken) =>
        Change(container, view => view with { Health = HealthState.Ignored }, cancellationToken);

    public Task<ContainerCommandResult> Supervise(string container, CancellationToken cancellationToken) =>
        Change(container, view => view with { Health = HealthState.Healthy }, cancellationToken);

    public async Task<ContainerCommandResult> Restart(string container, CancellationToken cancellationToken) =>
        ContainerName.Resolve(Containers, container).Container is { Health: HealthState.Ignored } ignored
            ? new(ignored, [], "web is ignored")
            : await Change(container, view => view with { Health = HealthState.Restarting }, cancellationToken);

    public Task<ContainerCommandResult> SetThreshold(string container, double? threshold, CancellationToken cancellationToken) =>
        Change(container, view => view with { Threshold = threshold ?? Status.Threshold }, cancellationToken);

    public async Task<HostStatus> SetThreshold(double? threshold, CancellationToken cancellationToken)
    {
        await Gate(cancellationToken);
        return Status = Status with { Threshold = threshold ?? 60 };
    }

    public async Task<ImmutableArray<ContainerCommandResult?>> CarryOut(ImmutableArray<ExternalCommand> commands, CancellationToken cancellationToken)
    {
        Batches.Add(commands.Length);
        var results = new List<ContainerCommandResult?>();
        foreach (var command in commands)
        {
            ContainerCommandResult? result = null;
            switch (command.Kind)
            {
                case CommandKind.Ignore:
                    result = await Ignore(command.Container!, cancellationToken);
                    break;
                case CommandKind.Supervise:
                    result = await Supervise(command.Container!, cancellationToken);
                    break;
                default:
                    await SetThreshold(command.Threshold, cancellationToken);
                    break;
            }
            results.Add(result);
        }
        return [.. results];
    }

    public async Task<string?> WhenSaved(CancellationToken cancellationToken)
    {
        await SaveGate(cancellationToken);
        return Unsaved;
    }

    public async Task<ContainerExplanationResult> Explain(string container, CancellationToken cancellationToken)
    {
        await Gate(cancellationToken);
        var match = ContainerName.Resolve(Containers, container);
        return new(match.Container is { } view ? Samples.Explanation(view) : null, match.Matches);
    }

    public Task<Guid> Observe(HostFacts facts, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task SetWindow(TimeSpan window, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<byte[]> GetNews(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<HostContent> GetContent(Guid epoch, long since, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<FleetOrder> Apply(FleetOrder fleet, CancellationToken cancellationToken) => throw new NotSupportedException();

    private async Task<ContainerCommandResult> Change(
        string container, Func<ContainerView, ContainerView> change, CancellationToken cancellationToken)
    {
        await Gate(cancellationToken);
        var match = ContainerName.Resolve(Containers, container);
        if (match.Container is null)
        {
            return new(null, match.Matches);
        }
        var changed = change(match.Container);
        Containers[Containers.IndexOf(match.Container)] = changed;
        return new(changed, []);
    }
}
