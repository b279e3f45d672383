using System.Diagnostics.Metrics;
using HmsOrleans.Grains.Commands;
using HmsOrleans.Grains.Telemetry;
using HmsOrleans.Silo.RabbitMq;
using Microsoft.Extensions.Options;
using Orleans.Streams;

namespace HmsOrleans.Silo.Commands;

/// <summary>The way in for commands through RabbitMQ.</summary>
internal sealed class CommandPath : ICommandPath
{
    /// <summary>How long a command waits for a grain that cannot take it (its store is away, its silo is gone) before it is a dead letter.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly RabbitMqConnection _connection;

    public CommandPath([FromKeyedServices(CommandStreams.Provider)] RabbitMqConnection connection, IMeterFactory meters)
    {
        _connection = connection;
        meters.Create(Telemetry.Name).CreateObservableGauge("hms.dead_letters", DeadLetters, "{message}", "Messages in the queue for dead letters.");
    }

    public CommandPathStatus Status => new(_connection.Trouble, _connection.Since, _connection.DeadLetters, _connection.DeadLettersWaiting);

    private IEnumerable<Measurement<long>> DeadLetters() => _connection.DeadLettersWaiting is { } waiting ? [new(waiting)] : [];

    /// <summary>Adds it, as <see cref="CommandPathOptions"/> say.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="address">The host of this silo: the report's programs send to hosts by their address.</param>
    public static void Add(ISiloBuilder silo, string address)
    {
        silo.Services.AddKeyedSingleton<IRabbitMqDataAdapter, CommandDataAdapter>(CommandStreams.Provider);
        silo.Services.AddSingleton<ICommandPath, CommandPath>();
        silo.AddStartupTask((services, _) =>
        {
            services.GetRequiredService<ICommandPath>(); // which measures from now on
            return Task.CompletedTask;
        });
        silo.Services.AddOptions<RabbitMqOptions>(CommandStreams.Provider)
            .Configure<IOptions<CommandPathOptions>>((broker, options) => Configure(broker, options.Value, address));
        silo.AddRabbitMqStreams(CommandStreams.Provider, _ => { }, streams =>
        {
            streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
            streams.ConfigurePullingAgent(agent => agent.Configure(pulling => pulling.MaxEventDeliveryTime = Patience));
        });
    }

    /// <summary>What the provider is told.</summary>
    public static void Configure(RabbitMqOptions broker, CommandPathOptions options, string address)
    {
        broker.Uri = Uri.TryCreate(options.Uri, UriKind.Absolute, out var uri) ? uri : null;
        broker.UserName = options.UserName;
        broker.Password = options.Password;
        broker.CertificateAuthority = options.CertificateAuthority;
        broker.ClientCertificate = options.ClientCertificate;
        broker.Name = CommandDataAdapter.Exchange;
        // What is about the fleet, and what is about hosts: neither waits for the other.
        broker.QueueCount = 2;
        broker.Bindings.Add(new(CommandDataAdapter.Exchange, "topic", Durable: true, CommandFormat.Controller, 0));
        broker.Bindings.Add(new(CommandDataAdapter.Exchange, "topic", Durable: true, CommandFormat.Manager + "#", 1));
        broker.Bindings.Add(new(CommandDataAdapter.Exchange, "topic", Durable: true, CommandFormat.Antagonist + "#", 1));
        if (options.ReportDialect)
        {
            // As the old programs declare it: who comes second must want the same.
            var arguments = new Dictionary<string, object?> { ["x-message-ttl"] = 0 };
            broker.Bindings.Add(new(CommandDataAdapter.ReportExchange, "direct", Durable: false, CommandFormat.Controller, 0, arguments));
            broker.Bindings.Add(new(CommandDataAdapter.ReportExchange, "direct", Durable: false, CommandFormat.Manager + address, 1, arguments));
            broker.Bindings.Add(new(CommandDataAdapter.ReportExchange, "direct", Durable: false, CommandFormat.Antagonist + address, 1, arguments));
        }
    }
}
