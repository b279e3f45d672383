using Orleans.Streams;

namespace HmsOrleans.Silo.RabbitMq;

/// <summary>What could not be delivered to its grain for long must not stay with us for ever.</summary>
internal sealed class RabbitMqFailureHandler(RabbitMqAdapter adapter, QueueId queue) : IStreamFailureHandler
{
    public bool ShouldFaultSubsriptionOnError => false;

    public Task OnDeliveryFailure(GuidId subscriptionId, string streamProviderName, StreamId streamIdentity, StreamSequenceToken? sequenceToken) =>
        sequenceToken is null ? Task.CompletedTask : adapter.ReceiverOf(queue).GiveUpAsync(sequenceToken);

    public Task OnSubscriptionFailure(GuidId subscriptionId, string streamProviderName, StreamId streamIdentity, StreamSequenceToken? sequenceToken) => Task.CompletedTask;
}
