namespace HmsOrleans.Grains.Commands;

/// <summary>The way in for commands of programs outside the cluster.</summary>
public interface ICommandPath
{
    /// <summary>How it is now.</summary>
    CommandPathStatus Status { get; }
}

/// <summary>How the way in for external commands is.</summary>
/// <param name="Trouble">Why none come in; null while they do.</param>
/// <param name="Since">Since when that is so (UTC).</param>
/// <param name="DeadLetters">Messages that this node could not use since it started.</param>
/// <param name="DeadLettersWaiting">Messages in the queue for dead letters, whoever put them there; null while that is not known.</param>
public sealed record CommandPathStatus(string? Trouble, DateTimeOffset Since, long DeadLetters, long? DeadLettersWaiting = null);
