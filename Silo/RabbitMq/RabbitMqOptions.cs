using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using RabbitMQ.Client;

namespace HmsOrleans.Silo.RabbitMq;

/// <summary>How a stream provider reaches its broker, and what it makes there.</summary>
public sealed class RabbitMqOptions
{
    /// <summary>Shortest pause between two attempts to connect; each is twice the one before.</summary>
    internal static readonly TimeSpan MinBackOff = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest one.</summary>
    internal static readonly TimeSpan MaxBackOff = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The most that a broker can be told to take (max_message_size; 128 MiB unless told, 16 MiB from version 4). What is larger than the
    /// library's own limit of 64 MiB would cost the connection, again and again, and with it a delivery of all that is held.
    /// </summary>
    private const uint MaxBodyBytes = 512 * 1024 * 1024;

    /// <summary>The broker: <c>amqp://host:5672/vhost</c>, or <c>amqps://</c> for TLS. A user and password may stand in it.</summary>
    public Uri? Uri { get; set; }

    /// <summary>The user; null: as in <see cref="Uri"/>, else the client certificate's, else <c>guest</c>.</summary>
    public string? UserName { get; set; }

    /// <summary>The user's password. It belongs into a file or the environment, not into a file that is shared.</summary>
    public string? Password { get; set; }

    /// <summary>File (PEM) with the authorities that may have signed the broker's certificate; null: those that the machine trusts.</summary>
    public string? CertificateAuthority { get; set; }

    /// <summary>File (PEM, certificate and key) that this program shows to the broker; null: none.</summary>
    public string? ClientCertificate { get; set; }

    /// <summary>The queues are called <c>name.0</c>, <c>name.1</c> and so on; the exchange and the queue of dead letters <c>name.dead</c>.</summary>
    public string Name { get; set; } = "";

    /// <summary>Queues, 1 to 64. Each is read by one silo at a time.</summary>
    public int QueueCount { get; set; } = 1;

    /// <summary>Messages that a reader holds unacknowledged, 1 to 10,000.</summary>
    public ushort Prefetch { get; set; } = 512;

    /// <summary>Times that a message may be delivered again before it is a dead letter, 1 to 1,000. Each loss of a reader counts for all that it held.</summary>
    public int DeliveryLimit { get; set; } = 20;

    /// <summary>Messages of one stream that are delivered together where several wait, 1 to 1,000.</summary>
    public int BatchSize { get; set; } = 64;

    /// <summary>Longest wait for a message before Orleans acknowledges what was delivered and asks again, 1 ms to 10 s.</summary>
    public TimeSpan LongPoll { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest wait for the broker to confirm a message, 0.1 s to 1 min. Also how long it is waited for a broker that is away.</summary>
    public TimeSpan ConfirmTimeout { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>Exchanges of others from which the queues are fed.</summary>
    public IList<RabbitMqBinding> Bindings { get; } = [];

    /// <summary>Why these cannot be used, one sentence each.</summary>
    public IEnumerable<string> Problems()
    {
        if (Uri is not { IsAbsoluteUri: true, Scheme: "amqp" or "amqps" })
        {
            yield return "Uri is wrong; it must be amqp://host or amqps://host, with a port and a virtual host where they are not the usual ones"; // not shown: it may hold a password
        }
        else if (Uri.Scheme == "amqp" && (CertificateAuthority ?? ClientCertificate) is not null)
        {
            yield return "certificates are for amqps:// only";
        }
        if (string.IsNullOrWhiteSpace(Name))
        {
            yield return "Name is missing: it is that of the queues";
        }
        foreach (var (file, read) in new (string?, Func<string, int>)[] { (CertificateAuthority, file => Authorities(file).Count), (ClientCertificate, CountOwn) })
        {
            if (file is not null && WhyNotRead(file, read) is { } trouble)
            {
                yield return $"{file} cannot be used: {trouble}";
            }
        }
        foreach (var (name, value, min, max) in new (string, double, double, double)[]
        {
            (nameof(QueueCount), QueueCount, 1, 64),
            (nameof(Prefetch), Prefetch, 1, 10_000),
            (nameof(DeliveryLimit), DeliveryLimit, 1, 1000),
            (nameof(BatchSize), BatchSize, 1, 1000),
            ($"{nameof(LongPoll)} in seconds", LongPoll.TotalSeconds, 0.001, 10),
            ($"{nameof(ConfirmTimeout)} in seconds", ConfirmTimeout.TotalSeconds, 0.1, 60),
        })
        {
            if (!(value >= min && value <= max))
            {
                yield return FormattableString.Invariant($"{name} is {value}; it must be from {min} to {max}");
            }
        }
        if (Bindings.Any(binding => binding.Queue < 0 || binding.Queue >= QueueCount))
        {
            yield return $"a binding names a queue that is not one of the {QueueCount}";
        }
    }

    internal string QueueName(uint number) => FormattableString.Invariant($"{Name}.{number}");

    internal string DeadLetters => $"{Name}.dead";

    internal ConnectionFactory ConnectionFactory(string clientName)
    {
        var factory = new ConnectionFactory
        {
            Uri = Uri!,
            ClientProvidedName = clientName,
            // Ours, since what was delivered before has to be forgotten along with the connection.
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedHeartbeat = TimeSpan.FromSeconds(5),
            RequestedConnectionTimeout = TimeSpan.FromSeconds(5),
            ContinuationTimeout = TimeSpan.FromSeconds(10),
            HandshakeContinuationTimeout = TimeSpan.FromSeconds(5),
            MaxInboundMessageBodySize = MaxBodyBytes,
        };
        factory.UserName = UserName ?? factory.UserName;
        factory.Password = Password ?? factory.Password;
        if (CertificateAuthority is not null)
        {
            var authorities = Authorities(CertificateAuthority);
            factory.Ssl.CertificateValidationCallback = (_, shown, chain, errors) => Trust.IsTrusted(authorities, shown, chain, errors);
        }
        if (ClientCertificate is not null)
        {
            factory.Ssl.Certs = [Own(ClientCertificate)];
            if (UserName is null && Uri!.UserInfo.Length == 0)
            {
                factory.AuthMechanisms = [new ExternalMechanismFactory()];
            }
        }
        return factory;
    }

    private static X509Certificate2Collection Authorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(file);
        return authorities;
    }

    private static X509Certificate2 Own(string file) => X509Certificate2.CreateFromPemFile(file, file);

    private static int CountOwn(string file)
    {
        using var certificate = Own(file);
        return 1;
    }

    private static string? WhyNotRead(string file, Func<string, int> count)
    {
        try
        {
            return count(file) == 0 ? "there is no certificate in it" : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return e.Message.TrimEnd('.');
        }
    }
}

/// <summary>An exchange of others and which of its messages go to one of the queues. The exchange is made when it is missing.</summary>
/// <param name="Exchange">Name of the exchange.</param>
/// <param name="ExchangeType"><c>direct</c>, <c>topic</c>, <c>fanout</c> or <c>headers</c>.</param>
/// <param name="Durable">It outlives the broker.</param>
/// <param name="RoutingKey">As the kind of exchange understands it.</param>
/// <param name="Queue">Number of the queue, from 0.</param>
/// <param name="Arguments">Arguments of the exchange.</param>
public sealed record RabbitMqBinding(
    string Exchange, string ExchangeType, bool Durable, string RoutingKey, int Queue, IReadOnlyDictionary<string, object?>? Arguments = null);

/// <summary>Refuses options that cannot work when the silo starts.</summary>
internal sealed class RabbitMqOptionsValidator(RabbitMqOptions options, string provider) : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        if (string.Join("; ", options.Problems()) is { Length: > 0 } problems)
        {
            throw new OrleansConfigurationException($"RabbitMQ stream provider '{provider}': {problems}.");
        }
    }
}
