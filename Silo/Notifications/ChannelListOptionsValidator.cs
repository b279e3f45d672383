using Microsoft.Extensions.Options;
using MimeKit;

namespace HmsOrleans.Silo.Notifications;

/// <summary>Looks at the channels before the node starts; each message names the setting and the fix, and none tells a secret.</summary>
internal sealed class ChannelListOptionsValidator : IValidateOptions<ChannelListOptions>
{
    private const int MinSecret = 16;
    private const int MaxName = 64;

    private static readonly (string Name, Func<ChannelOptions, string?> Read)[] Fields =
    [
        (nameof(ChannelOptions.Secret), channel => channel.Secret), (nameof(ChannelOptions.Token), channel => channel.Token), (nameof(ChannelOptions.User), channel => channel.User),
        (nameof(ChannelOptions.Password), channel => channel.Password), (nameof(ChannelOptions.From), channel => channel.From), (nameof(ChannelOptions.To), channel => channel.To),
    ];

    public ValidateOptionsResult Validate(string? name, ChannelListOptions options)
    {
        var failures = options.Channels.SelectMany(Check).ToList();
        failures.AddRange(options.Channels.GroupBy(channel => channel.Name).Where(group => !string.IsNullOrEmpty(group.Key) && group.Count() > 1)
            .Select(group => $"{ChannelListOptions.Section}:Channels: the name '{group.Key}' occurs {group.Count()} times; give each channel a name of its own."));
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> Check(ChannelOptions channel, int index)
    {
        var setting = $"{ChannelListOptions.Section}:Channels:{index}";
        if (string.IsNullOrEmpty(channel.Name) || channel.Name.Length > MaxName || !channel.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            yield return $"{setting}:Name {(string.IsNullOrEmpty(channel.Name) ? "is missing" : "cannot be used")}; give a name of at most {MaxName} letters, digits, '-', '_', '.', such as 'night-watch'.";
        }
        if (ChannelType.Find(channel.Type) is not { } type)
        {
            yield return $"{setting}:Type is '{channel.Type}'; it has to be one of {string.Join(", ", ChannelType.All.Select(known => known.Name))}.";
            yield break;
        }
        if (!Uri.TryCreate(channel.Url, UriKind.Absolute, out var url) || !type.Schemes.Contains(url.Scheme) || url.Host.Length == 0 || url.UserInfo.Length > 0)
        {
            yield return $"{setting}:Url {(string.IsNullOrEmpty(channel.Url) ? "is missing" : url?.UserInfo.Length > 0 ? "holds a user name, which has settings of its own" : "is none for this type")}; give one such as {type.Example}.";
        }
        else if (type == ChannelType.Ntfy && url.AbsolutePath.Trim('/') is var topic && (topic.Length == 0 || topic.Contains('/')))
        {
            yield return $"{setting}:Url does not end in a topic; give one such as {type.Example}.";
        }
        foreach (var (field, read) in Fields)
        {
            var isThere = !string.IsNullOrEmpty(read(channel));
            if (!isThere && type.Required.Contains(field))
            {
                yield return $"{setting}:{field} is missing; {type.Name} needs it.";
            }
            if (isThere && !type.Required.Contains(field) && !type.Optional.Contains(field))
            {
                yield return $"{setting}:{field} is of no use to {type.Name}; remove it.";
            }
        }
        if (type == ChannelType.Webhook && !string.IsNullOrEmpty(channel.Secret))
        {
            if (channel.Secret.Length < MinSecret)
            {
                yield return $"{setting}:Secret has {channel.Secret.Length} characters; give at least {MinSecret} random ones, such as from 'openssl rand -hex 32'.";
            }
            else if (!WebhookSignature.TryReadKey(channel.Secret, out _))
            {
                yield return $"{setting}:Secret begins with {WebhookSignature.Base64Prefix} and goes on with what is no base64; give base64 after it, or a secret that begins otherwise.";
            }
        }
        if (channel.Token?.All(c => c is > ' ' and <= '~') == false)
        {
            yield return $"{setting}:Token has a space or a character that a header cannot carry.";
        }
        if (type == ChannelType.Email)
        {
            foreach (var failure in CheckMail(channel, setting))
            {
                yield return failure;
            }
        }
    }

    private static IEnumerable<string> CheckMail(ChannelOptions channel, string setting)
    {
        if (!string.IsNullOrEmpty(channel.From) && !MailboxAddress.TryParse(channel.From, out _))
        {
            yield return $"{setting}:From is '{channel.From}'; it has to be a mail address, such as hms@example.com.";
        }
        if (!string.IsNullOrEmpty(channel.To) && !(InternetAddressList.TryParse(channel.To, out var to) && to.Mailboxes.Any()))
        {
            yield return $"{setting}:To is '{channel.To}'; it has to be mail addresses with commas between them, such as ops@example.com, boss@example.com.";
        }
        if (string.IsNullOrEmpty(channel.User) != string.IsNullOrEmpty(channel.Password))
        {
            yield return $"{setting}: give both User and Password, or neither.";
        }
    }
}
