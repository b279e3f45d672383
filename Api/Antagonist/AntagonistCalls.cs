using HmsOrleans.Api.Fleet;
using HmsOrleans.Api.Problems;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Api.Antagonist;

/// <summary>Calls the antagonists of one host or of all.</summary>
internal sealed class AntagonistCalls(FleetCalls fleet)
{
    /// <summary>What to do about a missing agent.</summary>
    public static string HowToStart(string host) =>
        $"No agent of the antagonist reports from {host}: start it there with the arguments 'agent --host {host}'; --help says how it finds the cluster.";

    /// <summary>Asks the antagonist of a host.</summary>
    /// <exception cref="NoAnswerException">The host does not answer, or no agent reports from it.</exception>
    public async Task<AntagonistReply> Ask(HostView host, Func<IAntagonistGrain, CancellationToken, Task<AntagonistView>> call, CancellationToken aborted)
    {
        try
        {
            return AntagonistReply.From(await fleet.AskAntagonist(host, call, aborted));
        }
        catch (AgentMissingException e)
        {
            throw new NoAnswerException(ProblemType.AgentMissing.With(HowToStart(host.Address), ("host", host.Address)), e);
        }
    }

    /// <summary>Asks the antagonists of all hosts at once.</summary>
    /// <exception cref="NoAnswerException">The controller does not answer, or no host has an agent that could do what is asked.</exception>
    public async Task<IReadOnlyList<AntagonistReply>> AskAll(Func<IAntagonistGrain, CancellationToken, Task<AntagonistView>> call, CancellationToken aborted)
    {
        var hosts = await fleet.Read((controller, token) => controller.GetHosts(token), aborted);
        return await Task.WhenAll(hosts.Select(host => AskOrTell(host, call, aborted)));
    }

    /// <summary>Has the antagonists of all hosts do something.</summary>
    /// <exception cref="NoAnswerException">The controller does not answer, or no host has an agent.</exception>
    public async Task<IReadOnlyList<AntagonistReply>> CommandAll(Func<IAntagonistGrain, CancellationToken, Task<AntagonistView>> call, CancellationToken aborted)
    {
        var replies = await AskAll(call, aborted);
        return replies.Any(reply => reply.Agent is not null)
            ? replies
            : throw new NoAnswerException(ProblemType.AgentMissing.With(
                replies.Count == 0 ? "No host is under supervision." : $"No host has an agent that answers. {replies[0].Reason}"));
    }

    private async Task<AntagonistReply> AskOrTell(HostView host, Func<IAntagonistGrain, CancellationToken, Task<AntagonistView>> call, CancellationToken aborted)
    {
        try
        {
            return AntagonistReply.From(await fleet.AskAntagonist(host, call, aborted));
        }
        catch (AgentMissingException)
        {
            return new(host.Address, AntagonistState.Missing, HowToStart(host.Address), null, null, null, []);
        }
        catch (NoAnswerException e)
        {
            return AntagonistReply.Unknown(host.Address, e.Problem.ProblemDetails.Detail!);
        }
    }
}
