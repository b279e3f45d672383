using System.Globalization;
using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Grains.Commands;

/// <summary>A command of a program outside the cluster.</summary>
/// <param name="Kind">What is asked.</param>
/// <param name="Host">Address of the host that it is about; null where it is about the fleet.</param>
/// <param name="Container">The container that it is about: its id, the beginning of its id, or its name.</param>
/// <param name="Threshold">Percent, 0 to 100; null, for a host, to let the fleet decide again.</param>
/// <param name="CorrelationId">What the sender calls the request. The same request must have the same, and no other may have it.</param>
/// <param name="ReplyTo">Where the answer goes.</param>
/// <param name="Delivery">Told apart from every other delivery, also of the same request.</param>
/// <param name="Redelivered">It may have been delivered before.</param>
/// <param name="Scenario">How containers are to be attacked.</param>
[GenerateSerializer, Immutable, Alias("hms.ExternalCommand")]
public sealed record ExternalCommand(
    [property: Id(0)] CommandKind Kind,
    [property: Id(1)] string? Host,
    [property: Id(2)] string? Container,
    [property: Id(3)] double? Threshold,
    [property: Id(4)] string CorrelationId,
    [property: Id(5)] ReplyAddress ReplyTo,
    [property: Id(6)] Guid Delivery,
    [property: Id(7)] bool Redelivered,
    [property: Id(8)] ScenarioChange? Scenario = null)
{
    /// <summary>It changes nothing, so that it may be carried out again.</summary>
    public bool IsReading => Kind is CommandKind.GetContainers or CommandKind.GetHost or CommandKind.GetContainer;

    /// <summary>What is asked, whoever asks and however often.</summary>
    public string Text => string.Create(CultureInfo.InvariantCulture, $"{Kind} {Host} {Container} {Threshold} {Scenario}").TrimEnd();
}

/// <summary>What a program outside can ask for.</summary>
public enum CommandKind
{
    /// <summary>All hosts with their containers.</summary>
    GetContainers,

    /// <summary>One host with its containers.</summary>
    GetHost,

    /// <summary>One container.</summary>
    GetContainer,

    /// <summary>Put a container (back) under supervision.</summary>
    Supervise,

    /// <summary>Put a container on the ignored list.</summary>
    Ignore,

    /// <summary>Set the threshold on all hosts.</summary>
    SetFleetThreshold,

    /// <summary>Set the threshold of one host.</summary>
    SetHostThreshold,

    /// <summary>Install a node on a host, over ssh.</summary>
    AddHost,

    /// <summary>Remove the node of a host, over ssh.</summary>
    RemoveHost,

    /// <summary>Start the antagonists of all hosts.</summary>
    StartTests,

    /// <summary>Stop the antagonists of all hosts.</summary>
    StopTests,

    /// <summary>Configure the antagonists of all hosts.</summary>
    ConfigureTests,

    /// <summary>Start the antagonist of a host.</summary>
    StartTest,

    /// <summary>Stop the antagonist of a host.</summary>
    StopTest,

    /// <summary>Configure the antagonist of a host.</summary>
    ConfigureTest,
}

/// <summary>Where an answer goes. Only the way in and out knows what it means.</summary>
/// <param name="Exchange">The exchange.</param>
/// <param name="RoutingKey">The routing key there.</param>
[GenerateSerializer, Immutable, Alias("hms.ReplyAddress")]
public sealed record ReplyAddress([property: Id(0)] string Exchange, [property: Id(1)] string RoutingKey);

/// <summary>The answer to a command.</summary>
/// <param name="To">Where it goes.</param>
/// <param name="CorrelationId">That of the command.</param>
/// <param name="Body">JSON.</param>
[GenerateSerializer, Immutable, Alias("hms.CommandReply")]
public sealed record CommandReply([property: Id(0)] ReplyAddress To, [property: Id(1)] string CorrelationId, [property: Id(2)] string Body);
