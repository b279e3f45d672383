using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace HmsOrleans.Api.Page;

/// <summary>Content policy of pages that are not ours: what their own files need, and nothing from elsewhere.</summary>
internal static class ForeignPages
{
    /// <summary>Sets the policy on a reply.</summary>
    /// <returns>The nonce that inline scripts have to carry.</returns>
    public static string Allow(HttpResponse response)
    {
        var nonce = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        // Both pages set styles from their scripts, which has no nonce; a style alone sends nothing anywhere under this policy.
        response.Headers.ContentSecurityPolicy =
            $"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
        return nonce;
    }
}
