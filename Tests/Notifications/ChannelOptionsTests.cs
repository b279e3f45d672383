using HmsOrleans.Silo.Notifications;
using Xunit;

namespace HmsOrleans.Tests.Notifications;

/// <summary>A channel that cannot work is refused at the start, with the setting, the fix and no secret.</summary>
public sealed class ChannelOptionsTests
{
    private const string Secret = "s3cr3t-s3cr3t-s3cr3t";

    [Fact]
    public void Good_channels_are_fine() => Assert.True(Validate(
        new() { Name = "hook", Type = "webhook", Url = "http://127.0.0.1:9000/x", Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Token = "abc" },
        new() { Name = "hook.2", Type = "webhook", Url = "https://example.com", Secret = Secret, Token = "" },
        new() { Name = "s", Type = "slack", Url = "https://hooks.slack.com/services/T/B/x" },
        new() { Name = "d", Type = "discord", Url = "https://discord.com/api/webhooks/1/x" },
        new() { Name = "n", Type = "ntfy", Url = "https://ntfy.sh/topic/", Token = "tk_1" },
        new() { Name = "g", Type = "gotify", Url = "https://gotify.example.com/push", Token = "A1" },
        new() { Name = "m", Type = "email", Url = "smtp://mail.example.com", From = "HMS <hms@example.com>", To = "a@example.com, b@example.com", User = "u", Password = "p" },
        new() { Name = "m2", Type = "email", Url = "smtps://mail.example.com:465", From = "hms@example.com", To = "a@example.com" }).Succeeded);

    public static TheoryData<string, string> Bad => new()
    {
        { "Name=", ":0:Name is missing; give a name" },
        { "Name=night watch", ":0:Name cannot be used; give a name" },
        { "Type=sms", ":0:Type is 'sms'; it has to be one of webhook, slack, discord, ntfy, gotify, email." },
        { "Type=", ":0:Type is ''; it has to be one of" },
        { "Url=", ":0:Url is missing; give one such as https://example.com/hook." },
        { "Url=ftp://example.com", ":0:Url is none for this type; give one such as https://example.com/hook." },
        { "Url=example.com", ":0:Url is none for this type" },
        { $"Url=https://user:{Secret}@example.com", ":0:Url holds a user name, which has settings of its own" },
        { "Secret=short", ":0:Secret has 5 characters; give at least 16 random ones, such as from 'openssl rand -hex 32'." },
        { "Secret=whsec_this is no base64!", ":0:Secret begins with whsec_" },
        { $"Token={Secret} {Secret}", ":0:Token has a space" },
        { "User=me", ":0:User is of no use to webhook; remove it." },
        { "Type=slack Token=x", ":0:Token is of no use to slack; remove it." },
        { "Type=gotify", ":0:Token is missing; gotify needs it." },
        { "Type=ntfy", ":0:Url does not end in a topic; give one such as https://ntfy.sh/topic." },
        { "Type=ntfy Url=https://ntfy.sh/a/b", ":0:Url does not end in a topic" },
        { "Type=email Url=smtp://mail From=x@y To=z@y User=me", ":0: give both User and Password, or neither." },
        { "Type=email Url=https://mail From=x@y To=z@y", ":0:Url is none for this type; give one such as smtp://mail.example.com:587." },
        { "Type=email Url=smtp://mail To=z@y", ":0:From is missing; email needs it." },
        { "Type=email Url=smtp://mail From=x@y To=,", ":0:To is ','; it has to be mail addresses" },
    };

    [Theory, MemberData(nameof(Bad))]
    public void What_cannot_work_is_named(string settings, string message)
    {
        var channel = new ChannelOptions { Name = "hook", Type = "webhook", Url = settings.StartsWith("Type=ntfy", StringComparison.Ordinal) ? "https://ntfy.sh" : "https://example.com/hook" };
        foreach (var part in System.Text.RegularExpressions.Regex.Split(settings, " (?=[A-Z][a-z]+=)"))
        {
            var (name, value) = (part[..part.IndexOf('=', StringComparison.Ordinal)], part[(part.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            typeof(ChannelOptions).GetProperty(name)!.SetValue(channel, value);
        }

        var failure = Assert.Single(Validate(channel).Failures!);
        Assert.Contains("Hms:Notifications:Channels" + message, failure, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, failure, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_is_given_once()
    {
        var failure = Assert.Single(Validate(new() { Name = "a", Type = "slack", Url = "https://x" }, new() { Name = "a", Type = "slack", Url = "https://y" }).Failures!);
        Assert.Equal("Hms:Notifications:Channels: the name 'a' occurs 2 times; give each channel a name of its own.", failure);
    }

    private static Microsoft.Extensions.Options.ValidateOptionsResult Validate(params ChannelOptions[] channels)
    {
        var options = new ChannelListOptions();
        foreach (var channel in channels)
        {
            options.Channels.Add(channel);
        }
        return new ChannelListOptionsValidator().Validate(null, options);
    }
}
