using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace HmsOrleans.Api.Security;

/// <summary>The keys, as hashes.</summary>
internal sealed class KeyRing(IOptions<ApiOptions> options)
{
    private readonly (byte[] Hash, ApiKey Key)[] _keys = [.. options.Value.Keys.Select(key => (Hash(key.Key), key))];

    /// <summary>Nobody needs a key: the node answers to this machine only.</summary>
    public bool IsEmpty => _keys.Length == 0;

    /// <summary>The key of that text; null when there is none.</summary>
    /// <remarks>Every key is compared, hash against hash: neither a key's length nor how much of it was right shows in the time.</remarks>
    public ApiKey? Find(string given)
    {
        var hash = Hash(given);
        ApiKey? found = null;
        foreach (var (known, key) in _keys)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, known))
            {
                found = key;
            }
        }
        return found;
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
