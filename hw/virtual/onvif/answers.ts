import { type VirtualOnvifCamera, type VirtualProfile, viewOf } from "./camera-model.ts";
import { attributeOf, escaped, textOf } from "./soap.ts";

/** Answers of one camera by the name of the question; undefined stands for a fault "not supported". */
export type Answers = Readonly<Record<string, (request: string, serviceUrl: string) => string | undefined>>;

const SERVICES: readonly (readonly [namespace: string, path: string])[] = [
  ["http://www.onvif.org/ver10/device/wsdl", "/onvif/device_service"],
  ["http://www.onvif.org/ver10/media/wsdl", "/onvif/media_service"],
];
const PTZ_SERVICE = ["http://www.onvif.org/ver20/ptz/wsdl", "/onvif/ptz_service"] as const;
const MEDIA2_SERVICE = ["http://www.onvif.org/ver20/media/wsdl", "/onvif/media2_service"] as const;

/** @param trueMs the true time, of which the camera's clock may be off. */
export function answersOf(camera: VirtualOnvifCamera, trueMs: () => number): Answers {
  const profileOf = (request: string): VirtualProfile | undefined =>
    camera.profiles.find(({ token }) => token === textOf(request, "ProfileToken"));
  let maskNumber = 1;
  const done = (name: string): string => `<tptz:${name}Response/>`;
  const moving =
    (answer: (request: string) => string | undefined): Answers[string] =>
    (request) =>
      camera.canMove && profileOf(request) ? answer(request) : undefined;

  return {
    GetSystemDateAndTime: () => dateAndTime(trueMs() + camera.clockAheadMs),
    SetSystemDateAndTime: (request) => {
      const part = (name: string): number => Number(textOf(request, name));
      const setMs = Date.UTC(
        part("Year"),
        part("Month") - 1,
        part("Day"),
        part("Hour"),
        part("Minute"),
        part("Second"),
      );
      if (!Number.isFinite(setMs)) return undefined;
      camera.clockAheadMs = setMs - trueMs();
      return "<tds:SetSystemDateAndTimeResponse/>";
    },
    GetServices: (_request, serviceUrl) => {
      const services = [
        ...SERVICES,
        ...(camera.canMove ? [PTZ_SERVICE] : []),
        ...(camera.canMask ? [MEDIA2_SERVICE] : []),
      ];
      const all = services.map(
        ([namespace, path]) =>
          `<tds:Service><tds:Namespace>${namespace}</tds:Namespace><tds:XAddr>${new URL(path, serviceUrl).href}</tds:XAddr>` +
          "<tds:Version><tt:Major>2</tt:Major><tt:Minor>5</tt:Minor></tds:Version></tds:Service>",
      );
      return `<tds:GetServicesResponse>${all.join("")}</tds:GetServicesResponse>`;
    },
    GetDeviceInformation: () =>
      "<tds:GetDeviceInformationResponse><tds:Manufacturer>Cunshao</tds:Manufacturer>" +
      `<tds:Model>${escaped(camera.hardware)}</tds:Model><tds:FirmwareVersion>V5.7.1</tds:FirmwareVersion>` +
      "<tds:SerialNumber>0001</tds:SerialNumber><tds:HardwareId>1</tds:HardwareId></tds:GetDeviceInformationResponse>",
    GetProfiles: (request) => {
      if (isMedia2(request)) {
        const all = camera.profiles.map((profile) => media2ProfileXml(profile, camera.canMove));
        return `<tr2:GetProfilesResponse>${all.join("")}</tr2:GetProfilesResponse>`;
      }
      const all = camera.profiles.map((profile) => profileXml(profile, camera.canMove));
      return `<trt:GetProfilesResponse>${all.join("")}</trt:GetProfilesResponse>`;
    },
    GetVideoSources: () =>
      '<trt:GetVideoSourcesResponse><trt:VideoSources token="source"><tt:Framerate>25</tt:Framerate>' +
      "<tt:Resolution><tt:Width>1280</tt:Width><tt:Height>720</tt:Height></tt:Resolution></trt:VideoSources>" +
      "</trt:GetVideoSourcesResponse>",
    GetStreamUri: (request) => {
      const profile = profileOf(request);
      if (!profile) return undefined;
      const uri = escaped(profile.url);
      return isMedia2(request)
        ? `<tr2:GetStreamUriResponse><tr2:Uri>${uri}</tr2:Uri></tr2:GetStreamUriResponse>`
        : `<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>${uri}</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>`;
    },
    GetVideoEncoderConfiguration: (request) => {
      const profile = camera.profiles.find(
        ({ token }) => `encoder-${token}` === textOf(request, "ConfigurationToken"),
      );
      return (
        profile &&
        `<trt:GetVideoEncoderConfigurationResponse>${encoderXml(profile, "trt:Configuration")}</trt:GetVideoEncoderConfigurationResponse>`
      );
    },
    SetVideoEncoderConfiguration: (request) => {
      const token = attributeOf(request, "Configuration", "token");
      const profile = camera.profiles.find((each) => `encoder-${each.token}` === token);
      const govLength = Number(
        isMedia2(request) ? attributeOf(request, "Configuration", "GovLength") : textOf(request, "GovLength"),
      );
      if (!profile || !Number.isInteger(govLength) || govLength < 1) return undefined;
      profile.govLength = govLength;
      return isMedia2(request)
        ? "<tr2:SetVideoEncoderConfigurationResponse/>"
        : "<trt:SetVideoEncoderConfigurationResponse/>";
    },
    // Of every view, as some cameras answer.
    GetMasks: () => {
      const all = [...camera.masks].map(
        ([token, { view, polygon }]) =>
          `<tr2:Masks token="${token}"><tr2:ConfigurationToken>${view}</tr2:ConfigurationToken><tr2:Polygon>` +
          polygon.map(([x, y]) => `<tt:Point x="${x}" y="${y}"/>`).join("") +
          "</tr2:Polygon><tr2:Type>Color</tr2:Type><tr2:Enabled>true</tr2:Enabled></tr2:Masks>",
      );
      return `<tr2:GetMasksResponse>${all.join("")}</tr2:GetMasksResponse>`;
    },
    CreateMask: (request) => {
      const points = [...request.matchAll(/<Point [^>]*x="([-\d.e]+)" y="([-\d.e]+)"/g)];
      const profile = camera.profiles.find((each) => viewOf(each) === textOf(request, "ConfigurationToken"));
      if (points.length < 3 || !profile) return undefined;
      const token = `mask-${maskNumber++}`;
      camera.masks.set(token, {
        view: viewOf(profile),
        polygon: points.map(([, x, y]) => [Number(x), Number(y)] as const),
      });
      return `<tr2:CreateMaskResponse><tr2:Token>${token}</tr2:Token></tr2:CreateMaskResponse>`;
    },
    DeleteMask: (request) =>
      camera.masks.delete(textOf(request, "Token") ?? "") ? "<tr2:DeleteMaskResponse/>" : undefined,
    GetVideoEncoderConfigurations: () => {
      const all = camera.profiles.map((profile) => media2EncoderXml(profile, "tr2:Configurations"));
      return `<tr2:GetVideoEncoderConfigurationsResponse>${all.join("")}</tr2:GetVideoEncoderConfigurationsResponse>`;
    },
    GetPresets: moving(() => {
      const all = [...camera.presets].map(
        ([token, name]) => `<tptz:Preset token="${token}"><tt:Name>${escaped(name)}</tt:Name></tptz:Preset>`,
      );
      return `<tptz:GetPresetsResponse>${all.join("")}</tptz:GetPresetsResponse>`;
    }),
    SetPreset: moving((request) => {
      const token = `preset-${camera.presets.size + 1}`;
      camera.presets.set(token, textOf(request, "PresetName") ?? "");
      return `<tptz:SetPresetResponse><tptz:PresetToken>${token}</tptz:PresetToken></tptz:SetPresetResponse>`;
    }),
    RemovePreset: moving((request) =>
      camera.presets.delete(textOf(request, "PresetToken") ?? "") ? done("RemovePreset") : undefined,
    ),
    GotoPreset: moving((request) => {
      const token = textOf(request, "PresetToken") ?? "";
      if (!camera.presets.has(token)) return undefined;
      camera.movements.push(`to ${token}`);
      return done("GotoPreset");
    }),
    ContinuousMove: moving((request) => {
      const speed = (element: string, axis: string): string => attributeOf(request, element, axis) ?? "0";
      const [pan, tilt] = [speed("PanTilt", "x"), speed("PanTilt", "y")];
      const zoom = speed("Zoom", "x");
      camera.movements.push(
        `pan ${pan} tilt ${tilt} zoom ${zoom} for ${textOf(request, "Timeout") ?? "ever"}`,
      );
      return done("ContinuousMove");
    }),
    Stop: moving(() => {
      camera.movements.push("stop");
      return done("Stop");
    }),
  };
}

function dateAndTime(wallMs: number): string {
  const date = new Date(wallMs);
  return (
    "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>" +
    "<tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime>" +
    `<tt:Time><tt:Hour>${date.getUTCHours()}</tt:Hour><tt:Minute>${date.getUTCMinutes()}</tt:Minute>` +
    `<tt:Second>${date.getUTCSeconds()}</tt:Second></tt:Time><tt:Date><tt:Year>${date.getUTCFullYear()}</tt:Year>` +
    `<tt:Month>${date.getUTCMonth() + 1}</tt:Month><tt:Day>${date.getUTCDate()}</tt:Day></tt:Date></tt:UTCDateTime>` +
    "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
  );
}

function profileXml(profile: VirtualProfile, canMove: boolean): string {
  const moves = canMove
    ? '<tt:PTZConfiguration token="ptz"><tt:Name>ptz</tt:Name><tt:NodeToken>node</tt:NodeToken></tt:PTZConfiguration>'
    : "";
  return (
    `<trt:Profiles token="${profile.token}" fixed="true"><tt:Name>${escaped(profile.name)}</tt:Name>` +
    `<tt:VideoSourceConfiguration token="${viewOf(profile)}"><tt:Name>view</tt:Name><tt:SourceToken>source</tt:SourceToken></tt:VideoSourceConfiguration>` +
    `${encoderXml(profile, "tt:VideoEncoderConfiguration")}${moves}</trt:Profiles>`
  );
}

/** Profile T's service says the same in other places: the profile's parts below `Configurations`, GovLength in an attribute. */
function isMedia2(request: string): boolean {
  return request.includes("http://www.onvif.org/ver20/media/wsdl");
}

function media2ProfileXml(profile: VirtualProfile, canMove: boolean): string {
  const moves = canMove ? '<tr2:PTZ token="ptz"><tt:Name>ptz</tt:Name></tr2:PTZ>' : "";
  return (
    `<tr2:Profiles token="${profile.token}" fixed="true"><tr2:Name>${escaped(profile.name)}</tr2:Name><tr2:Configurations>` +
    `<tr2:VideoSource token="${viewOf(profile)}"><tt:Name>view</tt:Name><tt:SourceToken>source</tt:SourceToken></tr2:VideoSource>` +
    `${media2EncoderXml(profile, "tr2:VideoEncoder")}${moves}</tr2:Configurations></tr2:Profiles>`
  );
}

function media2EncoderXml(
  { token, width, height, framesPerSecond, govLength }: VirtualProfile,
  element: string,
): string {
  return (
    `<${element} token="encoder-${token}" GovLength="${govLength}" Profile="Main"><tt:Name>${token}</tt:Name><tt:Encoding>H264</tt:Encoding>` +
    `<tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution>` +
    `<tt:RateControl ConstantBitRate="false"><tt:FrameRateLimit>${framesPerSecond}</tt:FrameRateLimit>` +
    `<tt:BitrateLimit>1024</tt:BitrateLimit></tt:RateControl><tt:Quality>4</tt:Quality></${element}>`
  );
}

function encoderXml(
  { token, width, height, framesPerSecond, govLength }: VirtualProfile,
  element: string,
): string {
  return (
    `<${element} token="encoder-${token}"><tt:Name>${token}</tt:Name><tt:Encoding>H264</tt:Encoding>` +
    `<tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution><tt:Quality>4</tt:Quality>` +
    `<tt:RateControl><tt:FrameRateLimit>${framesPerSecond}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>` +
    "<tt:BitrateLimit>1024</tt:BitrateLimit></tt:RateControl>" +
    `<tt:H264><tt:GovLength>${govLength}</tt:GovLength><tt:H264Profile>Main</tt:H264Profile></tt:H264></${element}>`
  );
}
