using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace HmsOrleans.Tests.Notifications;

/// <summary>As much of a mail server (RFC 5321) as a mail needs, on a free port of 127.0.0.1.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    /// <summary>Signed by nobody that anybody trusts.</summary>
    private static readonly Lazy<X509Certificate2> Certificate = new(() =>
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
    });

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _mails = new();
    private readonly ConcurrentQueue<string> _said = new();
    private readonly string[] _extensions;
    private readonly Task _serving;

    /// <param name="extensions">What it offers after EHLO, such as AUTH PLAIN.</param>
    public MailServer(params string[] extensions)
    {
        _extensions = extensions;
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Its answers to commands that begin with these words, instead of its own; null for none.</summary>
    public ConcurrentDictionary<string, string?> Answers { get; } = new();

    /// <summary>The mails that it took, each as it came.</summary>
    public IReadOnlyList<string> Mails => [.. _mails];

    /// <summary>What the clients said.</summary>
    public IReadOnlyList<string> Said => [.. _said];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await TalkAsync(client.GetStream(), "220 test");
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task TalkAsync(Stream stream, string? greeting)
    {
        try
        {
            using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
            await using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\r\n", AutoFlush = true };
            if (greeting is not null)
            {
                await writer.WriteLineAsync(greeting);
            }
            while (await reader.ReadLineAsync(_stop.Token) is { } line)
            {
                _said.Enqueue(line);
                var word = line.Split(' ', ':')[0].ToUpperInvariant();
                if (Answers.TryGetValue(word, out var answer))
                {
                    await (answer is null ? Task.CompletedTask : writer.WriteLineAsync(answer));
                }
                else if (word == "STARTTLS")
                {
                    await writer.WriteLineAsync("220 go on");
                    await using var encrypted = new SslStream(stream);
                    await encrypted.AuthenticateAsServerAsync(Certificate.Value);
                    await TalkAsync(encrypted, greeting: null);
                    return;
                }
                else if (word == "EHLO")
                {
                    await writer.WriteLineAsync(string.Join("\r\n", (string[])["250-test", .. _extensions.Select(extension => $"250-{extension}"), "250 8BITMIME"]));
                }
                else if (word == "DATA")
                {
                    await writer.WriteLineAsync("354 go on");
                    var mail = new StringBuilder();
                    while (await reader.ReadLineAsync(_stop.Token) is { } text and not ".")
                    {
                        mail.Append(text).Append('\n');
                    }
                    _mails.Enqueue(mail.ToString());
                    await writer.WriteLineAsync("250 taken");
                }
                else
                {
                    await writer.WriteLineAsync(word switch { "AUTH" => "235 welcome", "QUIT" => "221 bye", _ => "250 fine" });
                }
            }
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            // The client went away, or does not trust us.
        }
    }
}
