namespace HmsOrleans.Grains.Commands;

/// <summary>Carries commands out and puts the outcome into words.</summary>
public interface ICommandExecutor
{
    /// <summary>Carries commands out as if one after another.</summary>
    /// <param name="commands">Commands of one stream.</param>
    /// <param name="enough">Ends the waiting.</param>
    /// <returns>The answers (JSON), in the order of the commands; fewer when the time was up before the rest was begun.</returns>
    Task<IReadOnlyList<string>> Execute(IReadOnlyList<ExternalCommand> commands, CancellationToken enough);

    /// <summary>The answer (JSON) to a command whose correlation id belongs to another one.</summary>
    string CorrelationIdTaken(ExternalCommand command);
}
