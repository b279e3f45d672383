using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HmsOrleans.Silo.Notifications;

/// <summary>Signatures as the Standard Webhooks specification has them, so that its libraries can verify them.</summary>
internal static class WebhookSignature
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";

    /// <summary>What secrets begin with whose rest is base64; of others the text itself is the key.</summary>
    public const string Base64Prefix = "whsec_";

    public static bool TryReadKey(string secret, out byte[] key)
    {
        if (!secret.StartsWith(Base64Prefix, StringComparison.Ordinal))
        {
            key = Encoding.UTF8.GetBytes(secret);
            return true;
        }
        key = new byte[secret.Length];
        var isBase64 = Convert.TryFromBase64String(secret[Base64Prefix.Length..], key, out var length);
        key = key[..length];
        return isBase64 && length > 0;
    }

    public static void Sign(HttpRequestMessage request, string secret, string id, byte[] body, DateTimeOffset now)
    {
        var timestamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        TryReadKey(secret, out var key);
        var signature = HMACSHA256.HashData(key, (byte[])[.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body]);
        request.Headers.Add(IdHeader, id);
        request.Headers.Add(TimestampHeader, timestamp);
        request.Headers.Add(SignatureHeader, $"v1,{Convert.ToBase64String(signature)}");
    }
}
