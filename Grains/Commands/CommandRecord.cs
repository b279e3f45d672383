namespace HmsOrleans.Grains.Commands;

/// <summary>What is kept about a command that was carried out.</summary>
/// <param name="CorrelationId">The sender's name for it.</param>
/// <param name="Text">What was asked.</param>
/// <param name="At">When it was carried out (UTC).</param>
/// <param name="Reply">The answer; null for one that only read, whose answer is not kept.</param>
/// <param name="Delivery">The delivery that was answered last; null when it may not have been answered.</param>
/// <param name="AnsweredTo">Where that answer went.</param>
[GenerateSerializer, Immutable, Alias("hms.CommandRecord")]
internal sealed record CommandRecord(
    [property: Id(0)] string CorrelationId,
    [property: Id(1)] string Text,
    [property: Id(2)] DateTimeOffset At,
    [property: Id(3)] string? Reply,
    [property: Id(4)] Guid? Delivery,
    [property: Id(5)] ReplyAddress? AnsweredTo = null)
{
    /// <summary>
    /// Whether this delivery was answered already: the stream or the broker has it delivered twice. A sender who asks again is answered
    /// again, elsewhere too if it lost its queue: that question may be the one that the broker repeats.
    /// </summary>
    public bool Answered(ExternalCommand command) => Delivery is { } last && (command.Delivery == last || (command.Redelivered && command.ReplyTo == AnsweredTo));

    /// <summary>The same, with this delivery answered.</summary>
    public CommandRecord AfterAnswerTo(ExternalCommand command) => this with { Delivery = command.Delivery, AnsweredTo = command.ReplyTo };
}
