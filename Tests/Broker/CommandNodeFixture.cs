using HmsOrleans.Tests.Engine;
using HmsOrleans.Tests.Node;

namespace HmsOrleans.Tests.Broker;

/// <summary>One node for all tests of a class, that takes commands from the shared broker.</summary>
public sealed class CommandNodeFixture(EngineFixture engine, BrokerFixture broker) : NodeFixture(engine)
{
    internal BrokerProcess Broker { get; } = broker.Broker;

    private protected override (string Key, string Value)[] Settings => SettingsFor(Broker);

    /// <summary>With which a node takes commands of both dialects from a broker.</summary>
    internal static (string Key, string Value)[] SettingsFor(BrokerProcess broker) => [("Hms:RabbitMq:Uri", broker.Uri), ("Hms:RabbitMq:ReportDialect", "true")];
}
