using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace HmsOrleans.Api.Security;

/// <summary>Looks at the keys before the node starts; each message names the setting and the fix.</summary>
internal sealed class ApiOptionsValidator(IConfiguration configuration) : IValidateOptions<ApiOptions>
{
    private const string Keys = ApiOptions.Section + ":Keys";

    public ValidateOptionsResult Validate(string? name, ApiOptions options)
    {
        var failures = options.Keys.SelectMany(Check).ToList();
        // The binder drops a single text where a list is due, and the node would have no key although one was set.
        if (!string.IsNullOrEmpty(configuration[Keys]))
        {
            failures.Add($"{Keys} is a single text but has to be a list: set {Keys}:0:Name, {Keys}:0:Key and {Keys}:0:Role.");
        }
        failures.AddRange(options.Keys.GroupBy(key => key.Name).Where(group => group.Key.Length > 0 && group.Count() > 1)
            .Select(group => $"{Keys}: the name '{group.Key}' occurs {group.Count()} times; give each key a name of its own."));
        failures.AddRange(options.Keys.GroupBy(key => key.Key).Where(group => group.Key.Length > 0 && group.Count() > 1)
            .Select(group => $"{Keys}: {string.Join(" and ", group.Select(key => $"'{key.Name}'"))} have the same key; give each a key of its own."));
        if (options.MaxViewers is < 1 or > 100_000)
        {
            failures.Add($"{ApiOptions.Section}:MaxViewers is {options.MaxViewers}; it must be 1 to 100000");
        }
        failures.AddRange(TrustedProxies.Split(options.Proxies).Where(proxy => TrustedProxies.Parse(proxy) is null)
            .Select(proxy => $"{ApiOptions.Section}:Proxies has '{proxy}', which is neither an address nor a network; give such as 10.0.0.5 or 172.17.0.0/16, with commas between several."));
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> Check(ApiKey key, int index)
    {
        var setting = $"{Keys}:{index}";
        if (string.IsNullOrWhiteSpace(key.Name))
        {
            yield return $"{setting}:Name is missing; give whose key it is, such as 'admin'.";
        }
        if (key.Key.Length < ApiKey.MinLength)
        {
            yield return $"{setting}:Key has {key.Key.Length} characters; give at least {ApiKey.MinLength} random ones, such as from 'openssl rand -hex 16'.";
        }
        else if (!key.Key.All(c => c is > ' ' and <= '~'))
        {
            yield return $"{setting}:Key has a space or a character that a header cannot carry; use letters, digits and ASCII punctuation.";
        }
        if (key.Role is not (ApiRole.Viewer or ApiRole.Operator or ApiRole.Chaos))
        {
            yield return $"{setting}:Role is '{key.Role}'; it has to be '{ApiRole.Viewer}' (may read), '{ApiRole.Operator}' (may change things too) or '{ApiRole.Chaos}' (may have containers attacked, too).";
        }
    }
}
