using HmsOrleans.Api.Problems;
using HmsOrleans.Grains.Commands;

namespace HmsOrleans.Api.Commands;

/// <summary>What can be wrong with a command from outside and not with a request to the API.</summary>
internal static class CommandProblems
{
    private static readonly ProblemType Taken = new("correlation-id-taken", 409, "Another command has this correlation id",
        "The correlation id '1' belongs to another command of the last ten minutes. Give each request one of its own, a UUID for instance.");

    private static readonly ProblemType Unsupported = new("command-unsupported", 501, "Not to be had this way",
        "Nodes are not installed or removed by command yet.");

    public static Outcome CorrelationIdTaken(ExternalCommand command) => Outcome.Failed(Taken.With(
        $"The correlation id '{command.CorrelationId}' belongs to another command of the last ten minutes. Give each request one of its own, a UUID for instance."));

    public static Outcome NotInstalled(ExternalCommand command) => Outcome.Failed(Unsupported.With(command.Kind == CommandKind.AddHost
        ? $"A node cannot be installed by command: install one on {command.Host}, which joins by itself. A host that was removed is taken back with PUT /containers/{command.Host}."
        : $"A node cannot be removed by command: DELETE /containers/{command.Host} ends the supervision of the host, and its node is stopped there."));
}
