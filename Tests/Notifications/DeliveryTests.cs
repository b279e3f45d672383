using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using HmsOrleans.Grains.Notifications;
using HmsOrleans.Silo.Notifications;
using HmsOrleans.Tests.Cluster;
using MailKit.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HmsOrleans.Tests.Notifications;

/// <summary>Messages that go to real servers, good ones and bad ones.</summary>
public sealed class DeliveryTests : IAsyncLifetime
{
    private const string Secret = "s3cr3t-s3cr3t-s3cr3t";

    private static readonly Notice Notice = NoticeFormatTests.Opened;

    private readonly FakeTimeProvider _time = new(NotificationStory.Start);
    private readonly LogLines _log = new();
    private readonly List<ServiceProvider> _providers = [];
    private Receiver _receiver = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _receiver = await Receiver.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _receiver.DisposeAsync();
        foreach (var provider in _providers)
        {
            await provider.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_webhook_is_told_with_a_signature_that_can_be_verified()
    {
        var delivery = await DeliverAsync(new() { Type = "webhook", Url = _receiver.Url + "/hook", Secret = Secret });

        Assert.Null(delivery.Trouble);
        var message = Assert.Single(_receiver.Received);
        Assert.Equal(("/hook", "application/cloudevents+json; charset=utf-8", "HmsOrleans"), (message.Path, message.Headers["Content-Type"], message.Headers["User-Agent"]));
        Assert.Equal(Notice.Id, (string?)message.Json["id"]);
        var signed = Encoding.UTF8.GetBytes($"{message.Headers["webhook-id"]}.{message.Headers["webhook-timestamp"]}.").Concat(message.Body).ToArray();
        Assert.Equal($"v1,{Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), signed))}", message.Headers["webhook-signature"]);
        Assert.Equal(_time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), message.Headers["webhook-timestamp"]);
    }

    [Theory]
    [InlineData(200, null, false)]
    [InlineData(204, null, false)]
    [InlineData(500, "answers 500 InternalServerError", false)]
    [InlineData(401, "answers 401 Unauthorized", false)]
    [InlineData(404, "answers 404 NotFound", false)]
    [InlineData(429, "answers 429 TooManyRequests", false)]
    [InlineData(400, "answers 400 BadRequest", true)]
    [InlineData(413, "answers 413 RequestEntityTooLarge", true)]
    public async Task What_a_receiver_answers_is_understood(int status, string? trouble, bool isFinal)
    {
        _receiver.Answer = Receiver.Status(status);

        var delivery = await DeliverAsync(new() { Type = "slack", Url = $"{_receiver.Url}/services/{Secret}" });

        Assert.Equal((trouble is null ? null : $"{new Uri(_receiver.Url).Authority} {trouble}", isFinal), (delivery.Trouble, delivery.IsFinal));
        Assert.Null(delivery.RetryAfter);
    }

    [Fact]
    public async Task How_long_a_receiver_asks_us_to_wait_is_heard()
    {
        _receiver.Answer = http =>
        {
            http.Response.StatusCode = 429;
            http.Response.Headers.RetryAfter = "17";
            return Task.CompletedTask;
        };

        Assert.Equal(TimeSpan.FromSeconds(17), (await DeliverAsync(new() { Type = "discord", Url = _receiver.Url })).RetryAfter);
    }

    [Fact]
    public async Task A_receiver_that_never_answers_is_given_up_after_ten_seconds()
    {
        _receiver.Answer = Receiver.Hang;

        var delivery = DeliverAsync(new() { Type = "webhook", Url = _receiver.Url });
        await TestSilo.UntilAsync("the message has come", () => _receiver.Received.Count == 1);
        _time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(delivery.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.2));

        Assert.Equal("no answer within 10 s", (await delivery.WaitAsync(Token)).Trouble);
    }

    [Fact]
    public async Task A_receiver_that_is_not_there_is_said_so_without_its_secret()
    {
        var port = ClosedPort();

        var delivery = await DeliverAsync(new() { Type = "slack", Url = $"http://127.0.0.1:{port}/services/{Secret}" });
        Assert.StartsWith($"127.0.0.1:{port} cannot be reached: Connection refused", delivery.Trouble, StringComparison.Ordinal);

        delivery = await DeliverAsync(new() { Type = "slack", Url = $"http://nobody.invalid/services/{Secret}" });
        Assert.StartsWith("nobody.invalid cannot be reached: ", delivery.Trouble, StringComparison.Ordinal);

        Assert.DoesNotContain(Secret, delivery.Trouble, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, string.Concat(_log.Lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(307)]
    public async Task A_receiver_that_sends_us_elsewhere_is_not_followed(int status)
    {
        await using var other = await Receiver.StartAsync();
        _receiver.Answer = http =>
        {
            http.Response.StatusCode = status;
            http.Response.Headers.Location = $"{other.Url}/{Secret}";
            return Task.CompletedTask;
        };

        var delivery = await DeliverAsync(new() { Type = "gotify", Url = _receiver.Url, Token = Secret });

        Assert.Equal($"{new Uri(_receiver.Url).Authority} answers {status} and sends us to {other.Url}, which is not followed: set Url to where the receiver is", delivery.Trouble);
        Assert.Empty(other.Received);
        Assert.Equal(Secret, Assert.Single(_receiver.Received).Headers["X-Gotify-Key"]);
    }

    [Fact]
    public async Task Mail_is_sent()
    {
        await using var server = new MailServer();

        var delivery = await DeliverAsync(new() { Type = "email", Url = $"smtp://127.0.0.1:{server.Port}", From = "HMS <hms@example.com>", To = "a@example.com, b@example.com" }, Notice with { Count = 2, Missed = 1 });

        Assert.Null(delivery.Trouble);
        Assert.Equal(["MAIL FROM:<hms@example.com>", "RCPT TO:<a@example.com>", "RCPT TO:<b@example.com>"], server.Said.Where(line => line.Contains(':', StringComparison.Ordinal)).Take(3).Select(line => line[..(line.IndexOf('>', StringComparison.Ordinal) + 1)]));
        var mail = Assert.Single(server.Mails);
        Assert.Contains("Subject: web on 10.0.0.1 is down\n", mail, StringComparison.Ordinal);
        Assert.Contains("Message-Id: <0199-opened@example.com>\n", mail, StringComparison.Ordinal);
        Assert.Contains("Auto-Submitted: auto-generated\n", mail, StringComparison.Ordinal);
        Assert.Contains("Date: Fri, 02 Jan 2026 12:00:00 +0000\n", mail, StringComparison.Ordinal);
        using var parsed = MimeKit.MimeMessage.Load(new MemoryStream(Encoding.UTF8.GetBytes(mail)), Token);
        Assert.Equal(
            "Died: exit code 7 <&> \"é\".\nOne message before this one could not be delivered.\n\n10.0.0.1 web: exit code 7\n",
            parsed.TextBody!.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task A_mail_that_was_taken_is_delivered_however_the_connection_ends()
    {
        await using var server = new MailServer();
        server.Answers["QUIT"] = null;

        var delivery = DeliverAsync(new() { Type = "email", Url = $"smtp://127.0.0.1:{server.Port}", From = "hms@example.com", To = "a@example.com" });
        await TestSilo.UntilAsync("it takes its leave", () => server.Said.Contains("QUIT"));
        _time.Advance(TimeSpan.FromSeconds(11));

        Assert.Null((await delivery.WaitAsync(Token)).Trouble);
        Assert.Single(server.Mails);
    }

    [Fact]
    public async Task A_mail_server_is_signed_in_to_on_this_machine_without_encryption()
    {
        await using var server = new MailServer("AUTH PLAIN");

        Assert.Null((await DeliverAsync(Mail(server))).Trouble);
        Assert.Contains(server.Said, line => line == $"AUTH PLAIN {Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0me\0{Secret}"))}");
    }

    [Theory]
    [InlineData("AUTH", "535 5.7.8 wrong password", "does not take the mail: 535: 5.7.8 wrong password")]
    [InlineData("RCPT", "550 no such user", "does not take the mail: no such user")]
    [InlineData("MAIL", "451 try again", "does not take the mail: try again")]
    public async Task What_a_mail_server_does_not_like_is_said(string word, string answer, string trouble)
    {
        await using var server = new MailServer("AUTH PLAIN");
        server.Answers[word] = answer;

        var delivery = await DeliverAsync(Mail(server));

        Assert.Equal($"127.0.0.1:{server.Port} {trouble}", delivery.Trouble);
        Assert.Empty(server.Mails);
        Assert.DoesNotContain(Secret, delivery.Trouble, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("smtp://mail.example.com", "me", SecureSocketOptions.StartTls)]
    [InlineData("smtp://10.0.0.1:25", "me", SecureSocketOptions.StartTls)]
    [InlineData("smtp://mail.example.com", null, SecureSocketOptions.StartTlsWhenAvailable)]
    [InlineData("smtp://localhost", "me", SecureSocketOptions.StartTlsWhenAvailable)]
    [InlineData("smtp://[::1]:25", "me", SecureSocketOptions.StartTlsWhenAvailable)]
    [InlineData("smtps://mail.example.com", "me", SecureSocketOptions.SslOnConnect)]
    public void A_password_does_not_leave_this_machine_without_encryption(string url, string? user, SecureSocketOptions security) =>
        Assert.Equal(security, MailDelivery.Security(new() { Url = url, User = user }, new(url)));

    [Fact]
    public async Task A_mail_server_that_nobody_vouches_for_gets_no_password()
    {
        await using var server = new MailServer("AUTH PLAIN", "STARTTLS");

        var delivery = await DeliverAsync(Mail(server));

        Assert.Equal($"127.0.0.1:{server.Port} does not take the mail: its certificate is not trusted on this machine, or it does not speak TLS there", delivery.Trouble);
        Assert.Contains("STARTTLS", server.Said);
        Assert.DoesNotContain(server.Said, line => line.StartsWith("AUTH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_mail_server_that_is_not_there_is_said_so()
    {
        var port = ClosedPort();

        var delivery = await DeliverAsync(new() { Type = "email", Url = $"smtp://127.0.0.1:{port}", From = "hms@example.com", To = "a@example.com" });

        Assert.Equal($"127.0.0.1:{port} does not take the mail: Connection refused", delivery.Trouble);
    }

    private static ChannelOptions Mail(MailServer server) =>
        new() { Type = "email", Url = $"smtp://127.0.0.1:{server.Port}", From = "hms@example.com", To = "a@example.com", User = "me", Password = Secret };

    private static int ClosedPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private Task<Delivery> DeliverAsync(ChannelOptions channel, Notice? notice = null)
    {
        channel.Name = "channel";
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(_log));
        services.AddSingleton<TimeProvider>(_time);
        services.Configure<ChannelListOptions>(options => options.Channels.Add(channel));
        services.AddChannels();
        var provider = services.BuildServiceProvider();
        _providers.Add(provider);
        return provider.GetRequiredService<INotificationChannels>().DeliverAsync("channel", notice ?? Notice, Token);
    }

    /// <summary>All that anybody logs.</summary>
    private sealed class LogLines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
