using System.Net;
using System.Net.Sockets;
using System.Text;
using HmsOrleans.Grains.Notifications;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace HmsOrleans.Silo.Notifications;

/// <summary>Delivers by mail, over one connection a message.</summary>
internal static class MailDelivery
{
    /// <summary>Longest wait for a server's goodbye.</summary>
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(2);

    public static async Task<Delivery> SendAsync(ChannelOptions channel, Notice notice, CancellationToken cancellationToken)
    {
        var server = new Uri(channel.Url!);
        using var message = Message(channel, notice);
        // As for HTTP: whether a certificate was revoked is not asked, since private authorities have nobody who would answer.
        var client = new SmtpClient { CheckCertificateRevocation = false };
        try
        {
            await client.ConnectAsync(server.Host, server.Port > 0 ? server.Port : server.Scheme == "smtps" ? 465 : 587, Security(channel, server), cancellationToken);
            if (!string.IsNullOrEmpty(channel.User))
            {
                await client.AuthenticateAsync(channel.User, channel.Password!, cancellationToken);
            }
            await client.SendAsync(message, cancellationToken);
            return Delivery.Done;
        }
        catch (SslHandshakeException)
        {
            return new($"{server.Authority} does not take the mail: its certificate is not trusted on this machine, or it does not speak TLS there");
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException or CommandException or ProtocolException or ServiceNotConnectedException or ServiceNotAuthenticatedException or NotSupportedException)
        {
            return new($"{server.Authority} does not take the mail: {e.Message.Split('\n')[0].Trim()}");
        }
        finally
        {
            // The server has said what becomes of the mail: nobody waits for the rest, lest a mail that was taken be sent again.
            _ = EndAsync(client);
        }
    }

    /// <summary>A password goes out encrypted, or not beyond this machine.</summary>
    internal static SecureSocketOptions Security(ChannelOptions channel, Uri server) =>
        server.Scheme == "smtps" ? SecureSocketOptions.SslOnConnect
        : string.IsNullOrEmpty(channel.User) || IsThisMachine(server) ? SecureSocketOptions.StartTlsWhenAvailable
        : SecureSocketOptions.StartTls;

    /// <remarks>Uri knows this of http addresses only.</remarks>
    private static bool IsThisMachine(Uri server) =>
        server.Host == "localhost" || (IPAddress.TryParse(server.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static async Task EndAsync(SmtpClient client)
    {
        using (client)
        {
            using var limit = new CancellationTokenSource(Goodbye);
            try
            {
                await client.DisconnectAsync(quit: true, limit.Token);
            }
            catch (Exception) // How a connection ends is nobody's concern.
            {
            }
        }
    }

    private static MimeMessage Message(ChannelOptions channel, Notice notice)
    {
        var from = MailboxAddress.Parse(channel.From!);
        var message = new MimeMessage { Subject = notice.Title, Date = notice.At, MessageId = $"{notice.Id}@{from.Domain}", Body = new TextPart("plain") { Text = Text(notice) } };
        message.From.Add(from);
        message.To.AddRange(InternetAddressList.Parse(channel.To!));
        // So that no program answers that somebody is on holiday (RFC 3834).
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        return message;
    }

    private static string Text(Notice notice)
    {
        var text = new StringBuilder(NoticeFormats.Text(notice)).Append('\n');
        if (notice.Count > 1)
        {
            text.Append('\n');
            foreach (var incident in notice.Incidents)
            {
                text.Append($"{incident.Host} {incident.Container}: {incident.Evidence}\n");
            }
        }
        return text.ToString();
    }
}
