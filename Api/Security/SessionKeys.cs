using System.Collections.Concurrent;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace HmsOrleans.Api.Security;

/// <summary>
/// The keys that sign session cookies, in memory only: a session ends with the process, so that an API key that was taken back does
/// not live on in a cookie, and no secret lies on the disk. (The framework's ephemeral provider still writes keys to the home directory.)
/// </summary>
internal sealed class SessionKeys : IXmlRepository
{
    private readonly ConcurrentBag<XElement> _keys = [];

    public static void Configure(KeyManagementOptions options)
    {
        options.XmlRepository = new SessionKeys();
        options.XmlEncryptor = new NullXmlEncryptor();
    }

    public IReadOnlyCollection<XElement> GetAllElements() => [.. _keys];

    public void StoreElement(XElement element, string friendlyName) => _keys.Add(element);
}
